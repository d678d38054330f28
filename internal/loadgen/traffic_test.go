package loadgen_test

import (
	"context"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// traffic runs until n requests have ended and returns all that did, in the
// order of their planned times.
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
	slices.SortFunc(ended, func(a, b loadgen.Request) int { return a.Planned.Compare(b.Planned) })
	return ended
}

func gaps(requests []loadgen.Request) (mean, cv float64) {
	sum, squares := 0.0, 0.0
	for i := 1; i < len(requests); i++ {
		gap := requests[i].Planned.Sub(requests[i-1].Planned).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	n := float64(len(requests) - 1)
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean)) / mean
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

func TestRunTraffic_Arrivals_FollowTheirProcess(t *testing.T) {
	t.Parallel()
	constant := workload(1000, 4, 1)
	mean, cv := gaps(traffic(t, &fakeEngine{}, constant, 400))
	require.InDelta(t, 0.001, mean, 1e-5)
	require.InDelta(t, 0, cv, 0.01)

	poisson := constant
	poisson.Arrival = ""
	mean, cv = gaps(traffic(t, &fakeEngine{}, poisson, 600))
	require.InEpsilon(t, 0.001, mean, 0.2)
	require.InDelta(t, 1, cv, 0.2)
}

func TestRunTraffic_WrongInput_IsPermanent(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, patient().RunTraffic(t.Context(), "", "m", workload(1, 1, 1), 1, nil), serving.ErrPermanent)
	require.ErrorIs(t, patient().RunTraffic(t.Context(), "http://h", "m", workload(0, 1, 1), 1, nil), serving.ErrPermanent)
}
