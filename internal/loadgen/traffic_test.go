package loadgen_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// traffic runs until n requests have ended and returns all that did.
func traffic(t *testing.T, e *fakeEngine, w serving.Workload, n int) []loadgen.Request {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ended []loadgen.Request // written by one onEnd at a time
	err := patient().RunTraffic(ctx, e.start(t), "m", w, 3, func(r loadgen.Request) {
		ended = append(ended, r)
		if len(ended) >= n {
			cancel()
		}
	})
	require.NoError(t, err)
	return ended
}

func TestRunTraffic_Stopped_LosesNobodysRequest(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{ttft: 50 * time.Millisecond, itl: 20 * time.Millisecond}
	ended := traffic(t, e, workload(100, 6, 5), 20)
	require.Greater(t, len(ended), 20, "those in flight at the stop were waited for")
	require.Len(t, ended, len(e.requests()))
	for _, r := range ended {
		require.True(t, r.Whole(), r.Error)
		require.False(t, r.Lost())
		require.Equal(t, 5, r.OutputTokens)
		require.Equal(t, 6, r.PromptTokens)
		require.GreaterOrEqual(t, r.TTFTSeconds.Or(0), 0.050)
		require.Greater(t, r.E2ESeconds.Or(0), r.TTFTSeconds.Or(0))
	}
	require.Zero(t, e.canceled)
}

func TestRunTraffic_LostRequests_AreReportedAsSuch(t *testing.T) {
	t.Parallel()
	e := &fakeEngine{answer: func(w http.ResponseWriter, _ *http.Request, n int) bool {
		if n == 3 {
			sendToken(w)
			abruptly(w)
		}
		return n == 3
	}}
	lost := 0
	for _, r := range traffic(t, e, workload(100, 4, 2), 10) {
		if r.Lost() {
			lost++
			require.Equal(t, loadgen.KindCut, r.Error)
			require.True(t, r.TTFTSeconds.IsKnown())
			require.False(t, r.E2ESeconds.IsKnown(), "it never ended")
		}
	}
	require.Equal(t, 1, lost)
	require.False(t, loadgen.Request{Error: loadgen.KindAbandoned}.Lost())
}

func TestRunTraffic_WrongInput_IsPermanent(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, patient().RunTraffic(t.Context(), "", "m", workload(1, 1, 1), 1, nil), serving.ErrPermanent)
	require.ErrorIs(t, patient().RunTraffic(t.Context(), "http://h", "m", workload(0, 1, 1), 1, nil), serving.ErrPermanent)
}
