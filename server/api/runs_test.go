package api_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

const runsPath = "/api/v1/fleets/chat/runs"

func TestStartRun_StartsTheWorkflowAndKeepsTheRecord(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()

	r := h.do(http.MethodPost, runsPath, map[string]any{"max_trials": 8, "rollout": map[string]any{"weights": []int{10, 100}}}, "X-Actor", "ana")

	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	require.Equal(t, "/api/v1/runs/run-of-optimize:chat", r.Header().Get("Location"))
	var run serving.RunRecord
	r.into(&run)
	require.Equal(t, "optimize:chat", run.WorkflowID, "a person can go on with tctl")
	require.Len(t, h.workflows.started, 1)
	s := h.workflows.started[0]
	require.Equal(t, "Optimize", s.Type)
	require.Equal(t, "optimize:chat", s.ID)
	require.False(t, s.JoinRunning)
	in, ok := s.Input.(workflows.OptimizeInput)
	require.True(t, ok)
	require.Equal(t, "ana", in.RequestedBy)
	require.Equal(t, 8, in.Options.MaxTrials)
	require.Equal(t, []int{10, 100}, in.Options.Rollout.Weights)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, r.Header().Get("Location"), nil).Code, "it can be read at once")
}

func TestStartRun_WithoutBody_TakesAllDefaults(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, runsPath, nil)
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
}

func TestStartRun_WorkerWasFaster_ItsRecordStays(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.runs["run-of-optimize:chat"] = serving.RunRecord{ID: "run-of-optimize:chat", WorkflowID: "optimize:chat", Phase: "diagnosing"}
	h.do(http.MethodPost, runsPath, nil)
	require.Equal(t, "diagnosing", h.store.runs["run-of-optimize:chat"].Phase)
}

func TestStartRun_Refusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path   string
		body   any
		status int
		says   string
	}{
		"unknown fleet":     {"/api/v1/fleets/nobody/runs", nil, http.StatusNotFound, "nobody"},
		"unknown objective": {runsPath, map[string]any{"objective": "fame"}, http.StatusUnprocessableEntity, "body.objective"},
		"too few trials":    {runsPath, map[string]any{"max_trials": 1}, http.StatusUnprocessableEntity, "body.max_trials"},
		"falling weights":   {runsPath, map[string]any{"rollout": map[string]any{"weights": []int{50, 5, 100}}}, http.StatusUnprocessableEntity, "body.rollout.weights"},
		"unknown option":    {runsPath, map[string]any{"max_trails": 8}, http.StatusUnprocessableEntity, "body.max_trails"},
		"invalid candidate": {runsPath, map[string]any{"candidates": []any{map[string]any{"engine": "vllm", "model": "m",
			"flags": []any{map[string]any{"name": "--gpu-memory-utilization", "value": "3"}}}}}, http.StatusUnprocessableEntity, "--gpu-memory-utilization"},
		"other engine":   {runsPath, map[string]any{"candidates": []any{map[string]any{"engine": "tgi", "model": "m"}}}, http.StatusUnprocessableEntity, "body.candidates[0].engine"},
		"malformed JSON": {runsPath, `{"max_trials": `, http.StatusBadRequest, "body"},
		"not JSON":       {runsPath, `hello`, http.StatusBadRequest, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			r := h.do(http.MethodPost, c.path, c.body)
			require.Equal(t, c.status, r.Code, r.Body.String())
			r.problem()
			require.Contains(t, r.Body.String(), c.says)
			require.Empty(t, h.workflows.started)
		})
	}
}

func TestStartRun_FleetBusy_SaysWithWhat(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"optimize:chat", "rollout:chat"} {
		h := newHarness(t).withFleet()
		h.workflows.running[id] = api.Execution{WorkflowID: id, RunID: "r-1"}
		r := h.do(http.MethodPost, runsPath, nil)
		require.Equal(t, http.StatusConflict, r.Code)
		p := r.problem()
		require.Equal(t, "urn:performance-agent:busy", p.Type)
		require.Equal(t, &api.Execution{WorkflowID: id, RunID: "r-1"}, p.Current)
	}
}

// Temporal took the start and died before it answered: the same request, sent again,
// is the start itself, which knows whose workflow runs.
func TestStartRun_SentAgainAfterALostAnswer_IsLeftToTheStart(t *testing.T) {
	t.Parallel()
	for path, own := range map[string]string{runsPath: "optimize:chat", rolloutsPath: "rollout:chat"} {
		body := map[string]string{runsPath: `{}`, rolloutsPath: `{"changes": [{"flag": "--max-num-seqs", "from": null, "to": "512"}]}`}[path]
		h := newHarness(t).withFleet()
		h.workflows.running[own] = api.Execution{WorkflowID: own, RunID: "r-1"}
		require.Equal(t, http.StatusConflict, h.do(http.MethodPost, path, body).Code, "without a key nobody can tell")
		r := h.do(http.MethodPost, path, body, "Idempotency-Key", "k", "X-Actor", "ana")
		require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
		mine := h.workflows.started[0].Order
		require.NotEmpty(t, mine)
		h.do(http.MethodPost, path, body, "Idempotency-Key", "k", "X-Actor", "ben")
		require.NotEqual(t, mine, h.workflows.started[1].Order, "a key is its owner's")
		other := map[string]string{runsPath: "rollout:chat", rolloutsPath: "optimize:chat"}[path]
		h.workflows.running[other] = api.Execution{WorkflowID: other, RunID: "r-2"}
		require.Equal(t, http.StatusConflict, h.do(http.MethodPost, path, body, "Idempotency-Key", "k2", "X-Actor", "ana").Code)
	}
}

func TestStartRun_AnotherWasFaster_Conflicts(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.err = &api.BusyError{Current: api.Execution{WorkflowID: "optimize:chat", RunID: "theirs"}}
	r := h.do(http.MethodPost, runsPath, nil)
	require.Equal(t, http.StatusConflict, r.Code)
	require.Equal(t, "theirs", r.problem().Current.RunID)
	require.Equal(t, []string{"fleet.create chat"}, h.store.actions())
}

func TestWorkflowErrors_HaveOneStatusEach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err        error
		status     int
		retryAfter string
	}{
		"rejected":    {&api.RejectedError{Type: "InvalidInput", Message: "approve is not possible while trialing"}, http.StatusUnprocessableEntity, ""},
		"not allowed": {&api.RejectedError{Type: "NotPermitted", Message: "eve may not approve"}, http.StatusForbidden, ""},
		"closed":      {api.ErrWorkflowClosed, http.StatusConflict, ""},
		"unknown":     {api.ErrUnknownWorkflow, http.StatusNotFound, ""},
		"not ready":   {api.ErrNotReady, http.StatusConflict, ""},
		"bad input":   {api.ErrRefusedInput, http.StatusBadRequest, ""},
		"unavailable": {api.ErrUnavailable, http.StatusServiceUnavailable, "5"},
		"no worker":   {api.ErrNoWorker, http.StatusGatewayTimeout, ""},
		"other":       {errors.New("password=hunter2"), http.StatusInternalServerError, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			h.store.runs["r"] = serving.RunRecord{ID: "r", WorkflowID: "optimize:chat"}
			h.workflows.err = c.err
			r := h.do(http.MethodPost, "/api/v1/runs/r/approve", nil)
			require.Equal(t, c.status, r.Code, r.Body.String())
			r.problem()
			require.Equal(t, c.retryAfter, r.Header().Get("Retry-After"))
			require.NotContains(t, r.Body.String(), "hunter2", "causes are for the log")
			require.Empty(t, h.store.actions())
		})
	}
}

func TestRunCommands_AreUpdatesOnThatRun(t *testing.T) {
	t.Parallel()
	for verb, name := range map[string]string{
		"approve": workflows.Approve, "reject": workflows.Reject, "pause": workflows.Pause,
		"resume": workflows.Resume, "rollback": workflows.Rollback,
	} {
		h := newHarness(t)
		h.store.runs["r"] = serving.RunRecord{ID: "r", WorkflowID: "optimize:chat"}
		r := h.do(http.MethodPost, "/api/v1/runs/r/"+verb, map[string]any{"reason": "looks good"}, "X-Actor", "ana", "Idempotency-Key", "k-1")
		require.Equal(t, http.StatusOK, r.Code, r.Body.String())
		require.Equal(t, []sentCommand{{
			On: api.Execution{WorkflowID: "optimize:chat", RunID: "r"}, Name: name, UpdateID: "k-1",
			Command: workflows.Command{By: "ana", Reason: "looks good"},
		}}, h.workflows.commands)
		require.Equal(t, []string{"run." + verb + " r"}, h.store.actions())
		var out api.CommandOutput
		r.into(&out)
		require.Equal(t, workflows.PhaseShifting, out.Phase)
	}
}

func TestCancelRun_CancelsTheWorkflow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.runs["r"] = serving.RunRecord{ID: "r", WorkflowID: "optimize:chat"}
	r := h.do(http.MethodPost, "/api/v1/runs/r/cancel", nil)
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	require.Equal(t, []api.Execution{{WorkflowID: "optimize:chat", RunID: "r"}}, h.workflows.canceled)
}

func TestGetRun_OpenRun_CarriesTheWorkflowsAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	closed := time.Now()
	h.store.runs["open"] = serving.RunRecord{ID: "open", WorkflowID: "optimize:chat", Phase: "starting"}
	h.store.runs["dead"] = serving.RunRecord{ID: "dead", WorkflowID: "optimize:other", Phase: "trialing"}
	h.store.runs["over"] = serving.RunRecord{ID: "over", WorkflowID: "optimize:chat", ClosedAt: &closed}
	h.workflows.status["optimize:chat"] = workflows.OptimizeStatus{Phase: workflows.PhaseTrialing}

	var view api.RunView
	h.do(http.MethodGet, "/api/v1/runs/open", nil).into(&view)
	require.Equal(t, workflows.PhaseTrialing, view.Live.Phase)

	view = api.RunView{}
	r := h.do(http.MethodGet, "/api/v1/runs/dead", nil)
	require.Equal(t, http.StatusOK, r.Code, "no worker: the record is answer enough")
	r.into(&view)
	require.Nil(t, view.Live)

	view = api.RunView{}
	h.do(http.MethodGet, "/api/v1/runs/over", nil).into(&view)
	require.Nil(t, view.Live, "a closed run's record is complete")
}

func TestListRuns_FiltersAndPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.do(http.MethodGet, "/api/v1/runs?fleet=chat&outcome=promoted&open=false&limit=7&cursor=abc", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	open := false
	require.Equal(t, []api.Query{{Fleet: "chat", Outcome: "promoted", Open: &open, Limit: 7, Cursor: "abc"}}, h.store.queries)

	for _, q := range []string{"limit=0", "limit=1000", "open=maybe", "outcome=great", "nonsense=1", "cursor=bad"} {
		r := h.do(http.MethodGet, "/api/v1/runs?"+q, nil)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, q)
		r.problem()
	}
}

func TestTrials_OfUnknownRun_IsNotFound(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/runs/none/trials", nil).Code)
	h.store.runs["r"] = serving.RunRecord{ID: "r"}
	h.store.trials = []serving.TrialRecord{{RunID: "r", Trial: serving.Trial{Number: 1, Purpose: "baseline"}}}
	var page api.Page[serving.TrialRecord]
	h.do(http.MethodGet, "/api/v1/runs/r/trials", nil).into(&page)
	require.Equal(t, "baseline", page.Items[0].Trial.Purpose)
}
