package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func TestPrefer_WaitThatSeesTheEnd_IsAnsweredWithIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.begun = func(api.Start) { h.store.runs[taskRun] = ended(serving.OutcomeNoImprovement) }
	r := h.do(http.MethodPost, runsPath, nil, "Prefer", `respond-async, wait="30"`, "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, "wait=30", r.Header().Get("Preference-Applied"))
	require.Equal(t, "/api/v1/runs/"+taskRun, r.Header().Get("Location"))
	var run serving.RunRecord
	r.into(&run)
	require.Equal(t, serving.OutcomeNoImprovement, run.Outcome)
	require.Contains(t, h.store.actions(), "run.start chat")

	again := h.do(http.MethodPost, runsPath, nil, "Prefer", `respond-async, wait="30"`, "Idempotency-Key", "k")
	require.Equal(t, r.Body.String(), again.Body.String())
	require.Len(t, h.workflows.started, 1)
}

func TestPrefer_WaitThatIsTooShort_IsAnsweredAsAccepted(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.server.Drain() // a server that ends waits no longer
	r := h.do(http.MethodPost, runsPath, nil, "Prefer", "wait=50")
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	require.Equal(t, "wait=50", r.Header().Get("Preference-Applied"))
}

func TestPrefer_OtherWishesAndLongOnes(t *testing.T) {
	t.Parallel()
	for prefer, applied := range map[string]string{"": "", "return=minimal": "", "wait=0": "", "wait=-1": "", "wait=soon": "", "wait=99999": "wait=60", "WAIT=1": "wait=1"} {
		h := newHarness(t).withFleet()
		h.workflows.begun = func(api.Start) { h.store.runs[taskRun] = ended(serving.OutcomePromoted) }
		r := h.do(http.MethodPost, runsPath, nil, "Prefer", prefer)
		require.Equal(t, applied, r.Header().Get("Preference-Applied"), prefer)
		require.Equal(t, applied != "", r.Code == http.StatusOK, prefer)
	}
}

func TestPrefer_RolloutsAndLoadTestsToo(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.server.Drain()
	for path, body := range map[string]any{"rollouts": change("--max-num-seqs", "64"), "loadtests": loadTestBody()} {
		r := h.do(http.MethodPost, "/api/v1/fleets/chat/"+path, body, "Prefer", "wait=1")
		require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
		require.Equal(t, "wait=1", r.Header().Get("Preference-Applied"), path)
	}
}
