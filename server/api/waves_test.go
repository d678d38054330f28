package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// threeFleets are chat, eu and us, of which us runs 64 sequences already.
func threeFleets(t *testing.T) *harness {
	t.Helper()
	return newHarness(t).withFleet().withFleet(set("name", "eu")).
		withFleet(set("name", "us"), set("command_line", "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 64"))
}

func waveBody(fleets ...string) map[string]any {
	body := change("--max-num-seqs", "64")
	body["fleets"] = fleets
	return body
}

func TestStartWave_ChecksEveryFleetAndLeavesOutThoseThatAreDone(t *testing.T) {
	t.Parallel()
	h := threeFleets(t)
	body := waveBody("chat", "us", "eu")
	body["pause_seconds"] = 60
	r := h.do(http.MethodPost, "/api/v1/waves", body, "X-Actor", "ana")
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	require.Len(t, h.workflows.started, 1)
	require.Equal(t, "Wave", h.workflows.started[0].Type)
	in, ok := h.workflows.started[0].Input.(workflows.WaveInput)
	require.True(t, ok)
	require.Equal(t, "ana", in.RequestedBy)
	require.InDelta(t, 60, in.PauseSeconds, 0)
	require.Len(t, in.Batches, 2)
	require.Equal(t, "chat", in.Batches[0][0].Fleet)
	require.Equal(t, "eu", in.Batches[1][0].Fleet)
	value, _ := in.Batches[1][0].To.Get("--max-num-seqs")
	require.Equal(t, "64", value)
	require.Equal(t, "wave:"+in.ID, h.workflows.started[0].ID)
	h.workflows.status = map[string]any{"wave:" + in.ID: workflows.WaveStatus{ID: in.ID, Phase: "pausing"}}
	seen := h.do(http.MethodGet, r.Header().Get("Location"), nil)
	require.Equal(t, http.StatusOK, seen.Code, seen.Body.String())
	require.Contains(t, seen.Body.String(), "pausing")
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, r.Header().Get("Location")+"/cancel", nil).Code)
	require.Equal(t, "wave:"+in.ID, h.workflows.canceled[0].WorkflowID)
}

func TestStartWave_Batches_AreSideBySide(t *testing.T) {
	t.Parallel()
	h := threeFleets(t)
	body := waveBody("chat", "eu")
	body["batch_size"] = 2
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, "/api/v1/waves", body).Code)
	in := h.workflows.started[0].Input.(workflows.WaveInput)
	require.Len(t, in.Batches, 1)
	require.Len(t, in.Batches[0], 2)
}

func TestStartWave_OneFleetThatMayNot_StartsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body   map[string]any
		status int
	}{
		"unknown fleet": {waveBody("chat", "nowhere"), http.StatusNotFound},
		"twice":         {waveBody("chat", "chat"), http.StatusUnprocessableEntity},
		"none":          {waveBody(), http.StatusUnprocessableEntity},
		"all done":      {waveBody("us"), http.StatusUnprocessableEntity},
		"advisory":      {waveBody("chat", "shy"), http.StatusConflict},
		"busy":          {waveBody("chat", "eu"), http.StatusConflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := threeFleets(t).withFleet(set("name", "shy"), set("policy", map[string]any{"advisory": true}))
			if name == "busy" {
				h.workflows.running = map[string]api.Execution{"rollout:eu": {WorkflowID: "rollout:eu", RunID: "theirs"}}
			}
			r := h.do(http.MethodPost, "/api/v1/waves", c.body)
			require.Equal(t, c.status, r.Code, r.Body.String())
			require.Empty(t, h.workflows.started)
		})
	}
}

func TestSlots_WithoutACoordinator_AreEmpty(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.do(http.MethodGet, "/api/v1/slots", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.JSONEq(t, `{"limit":0,"holders":[],"waiting":[]}`, r.Body.String())
}

func TestSlots_AreWhatTheCoordinatorSays(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.workflows.running = map[string]api.Execution{"coordinator": {WorkflowID: "coordinator", RunID: "c"}}
	h.workflows.status = map[string]any{"coordinator": serving.Slots{Limit: 1, Holders: []serving.SlotRequest{{RunID: "a"}},
		Waiting: []serving.SlotRequest{{RunID: "b", Behind: "a"}}}}
	var got serving.Slots
	h.do(http.MethodGet, "/api/v1/slots", nil).into(&got)
	require.Equal(t, "a", got.Waiting[0].Behind)
}
