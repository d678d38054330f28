package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

const taskRun = "run-of-optimize:chat"

func task(edits ...func(map[string]any)) map[string]any {
	b := map[string]any{"task_id": "t-1", "task_type": "tune_inference", "timeout_seconds": 30, "priority": "high",
		"parameters": map[string]any{"fleet": "chat", "options": map[string]any{"max_trials": 6}}, "agent_id": "unknown fields are the orchestrator's"}
	for _, e := range edits {
		e(b)
	}
	return b
}

func (h *harness) task(body any) api.TaskAnswer {
	h.t.Helper()
	r := h.do(http.MethodPost, "/task", body)
	require.Equal(h.t, http.StatusOK, r.Code, r.Body.String())
	var out api.TaskAnswer
	r.into(&out)
	return out
}

// ended is the record of a run of two minutes.
func ended(outcome serving.Outcome) serving.RunRecord {
	began := time.Now().Add(-2 * time.Minute)
	closed := began.Add(2 * time.Minute)
	side := func(seqs string) *serving.RunSide {
		return &serving.RunSide{Config: serving.EngineConfig{Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--max-num-seqs", Value: seqs}}}}
	}
	return serving.RunRecord{ID: taskRun, WorkflowID: "optimize:chat", Fleet: "chat", Phase: "done", Outcome: outcome, Reason: "because",
		StartedAt: began, ClosedAt: &closed, Baseline: side("16"), Winner: side("256")}
}

func TestTask_RunThatEnds_IsAnsweredWithItsResult(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.store.runs[taskRun] = ended(serving.OutcomePromoted)
	out := h.task(task())
	require.Equal(t, "t-1", out.ID)
	require.Equal(t, api.TaskCompleted, out.Status)
	require.Empty(t, out.Error)
	require.Equal(t, taskRun, out.Result.RunID)
	require.Equal(t, serving.OutcomePromoted, out.Result.Outcome)
	require.Equal(t, "--max-num-seqs", out.Result.Changes[0].Flag)
	require.Equal(t, int64(120_000), out.ExecutionTimeMS)
	in, ok := h.workflows.started[0].Input.(workflows.OptimizeInput)
	require.True(t, ok)
	require.Equal(t, 6, in.Options.MaxTrials)
	require.Contains(t, h.store.actions(), "task.take chat")
}

func TestTask_SameIDAgain_IsTheSameRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	first := h.task(task(set("timeout_seconds", 0.01)))
	require.Equal(t, api.TaskFailed, first.Status)
	require.Contains(t, first.Error, "send the same task_id again")
	require.Equal(t, taskRun, first.Result.RunID)

	h.workflows.running["optimize:chat"] = api.Execution{WorkflowID: "optimize:chat", RunID: taskRun}
	h.store.runs[taskRun] = ended(serving.OutcomeNoImprovement)
	again := h.task(task())
	require.Equal(t, api.TaskCompleted, again.Status, "that there is nothing to gain is an answer")
	require.Equal(t, taskRun, again.Result.RunID)
	require.Len(t, h.workflows.started, 1)

	other := h.task(task(set("task_type", "optimize_kv_cache")))
	require.Equal(t, api.TaskFailed, other.Status)
	require.Contains(t, other.Error, "task_id")
}

func TestTask_OutcomesOfRuns(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[serving.Outcome]string{
		serving.OutcomePromoted: api.TaskCompleted, serving.OutcomeNoImprovement: api.TaskCompleted, serving.OutcomeInfeasible: api.TaskCompleted,
		serving.OutcomeAdvised: api.TaskCompleted, serving.OutcomeRolledBack: api.TaskFailed, serving.OutcomeRejected: api.TaskFailed,
		serving.OutcomeRefused: api.TaskFailed, serving.OutcomeCanceled: api.TaskFailed, serving.OutcomeFailed: api.TaskFailed,
	} {
		h := newHarness(t).withFleet()
		h.store.runs[taskRun] = ended(outcome)
		out := h.task(task())
		require.Equal(t, want, out.Status, outcome)
		require.Equal(t, want == api.TaskFailed, out.Error != "", outcome)
	}
}

func TestTask_WhatCannotBeDone_FailsAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]struct {
		edit func(map[string]any)
		says string
	}{
		"unknown type":   {set("task_type", "make_coffee"), "optimize_kv_cache"},
		"no fleet":       {set("parameters", map[string]any{}), "parameters.fleet"},
		"unknown fleet":  {set("parameters", map[string]any{"fleet": "nobody"}), "nobody"},
		"invalid option": {set("parameters", map[string]any{"fleet": "chat", "options": map[string]any{"max_trials": 1}}), "max_trials"},
	} {
		h := newHarness(t).withFleet()
		out := h.task(task(k.edit))
		require.Equal(t, api.TaskFailed, out.Status, name)
		require.Contains(t, out.Error, k.says, name)
		require.Empty(t, h.workflows.started, name)
	}
}

func TestTask_BusyFleet_FailsAndMayBeSentAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.running["rollout:chat"] = api.Execution{WorkflowID: "rollout:chat", RunID: "r"}
	out := h.task(task())
	require.Equal(t, api.TaskFailed, out.Status)
	require.Contains(t, out.Error, "rollout:chat")

	delete(h.workflows.running, "rollout:chat")
	h.store.runs[taskRun] = ended(serving.OutcomePromoted)
	require.Equal(t, api.TaskCompleted, h.task(task()).Status, "a task that started nothing has not used up its ID")
}

func TestTask_WhatIsNoTask_IsAProblem(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	for body, field := range map[string]string{
		`{"task_type": "tune_inference", "parameters": {"fleet": "chat"}}`:            "body.task_id",
		`{"task_id": "", "task_type": "x", "parameters": {}}`:                         "body.task_id",
		`{"task_id": "t", "task_type": "x", "parameters": {"flet": "chat"}}`:          "body.parameters.flet",
		`{"task_id": "t", "task_type": "x", "parameters": {}, "timeout_seconds": -1}`: "body.timeout_seconds",
	} {
		r := h.do(http.MethodPost, "/task", body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, body)
		require.Contains(t, fieldsOf(r.problem()), field[:len("body.task")], body)
	}
}

func TestTask_KVCache_TriesOnlyWhatTheRulesSayOfIt(t *testing.T) {
	t.Parallel()
	h := withReplica(t)
	out := h.task(task(set("task_type", "optimize_kv_cache")))
	require.Equal(t, api.TaskCompleted, out.Status, out.Error)
	require.Equal(t, serving.OutcomeNoImprovement, out.Result.Outcome, "an empty cache limits nothing")
	require.Empty(t, out.Result.RunID)
	require.Empty(t, h.workflows.started)

	h = newHarness(t).withFleet(set("command_line", "vllm serve meta-llama/Llama-3.1-8B-Instruct --gpu-memory-utilization 0.3 --max-num-seqs 256"),
		set("workload", map[string]any{"rate_per_second": 30, "prompt_tokens": lengths(6000), "output_tokens": lengths(400)}))
	h.world.variants = []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{replica}}}
	full := []serving.Reading{reading(100, 0), reading(160, 900)}
	for i := range full {
		full[i].KVUsage, full[i].Waiting = serving.Known(0.99), serving.Known(80)
		full[i].Preemptions = serving.Known(float64(500 * i))
	}
	h.world.readings[replica] = full
	h.store.runs[taskRun] = ended(serving.OutcomePromoted)
	out = h.task(task(set("task_type", "optimize_kv_cache")))
	require.Equal(t, api.TaskCompleted, out.Status, out.Error)
	require.Len(t, h.workflows.started, 1, out.Result.Reason)
	in, ok := h.workflows.started[0].Input.(workflows.OptimizeInput)
	require.True(t, ok)
	require.NotEmpty(t, in.Options.Candidates)
	for _, c := range in.Options.Candidates {
		for _, change := range serving.Diff(h.store.fleets["chat"].Config, c) {
			require.Contains(t, []string{"--gpu-memory-utilization", "--kv-cache-dtype", "--kv-cache-memory-bytes", "--num-gpu-blocks-override", "--swap-space"}, change.Flag)
		}
	}
}

func TestTask_ServerThatEnds_LetsTheOrchestratorGo(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.server.Drain()
	out := h.task(task(set("timeout_seconds", 3000)))
	require.Equal(t, api.TaskFailed, out.Status)
	require.Equal(t, taskRun, out.Result.RunID)
}

// fakeOrchestrator is a membership that is what the test says.
type fakeOrchestrator struct {
	state serving.Membership
	err   error
}

func (f *fakeOrchestrator) State() serving.Membership { return f.state }
func (f *fakeOrchestrator) Register(context.Context) (serving.Membership, error) {
	f.state.Registrations++
	return f.state, f.err
}

func TestOrchestrator_ItsStateAndRegisteringNow(t *testing.T) {
	t.Parallel()
	alone := newHarness(t)
	var view api.OrchestratorView
	alone.do(http.MethodGet, "/api/v1/orchestrator", nil).into(&view)
	require.False(t, view.Configured)
	r := alone.do(http.MethodPost, "/api/v1/orchestrator/register", nil)
	require.Equal(t, http.StatusConflict, r.Code)
	require.Contains(t, r.problem().Detail, "--orchestrator-url")

	f := &fakeOrchestrator{state: serving.Membership{URL: "http://o", AgentID: "a", Registered: true, Capabilities: api.TaskTypes()}}
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Orchestrator = f })
	h.do(http.MethodGet, "/api/v1/orchestrator", nil).into(&view)
	require.Equal(t, f.state, *view.Membership)
	h.do(http.MethodPost, "/api/v1/orchestrator/register", nil).into(&view)
	require.Equal(t, 1, view.Membership.Registrations)
	require.Contains(t, h.store.actions(), "orchestrator.register http://o")
	f.err = errors.New("register: it answered 503")
	require.Equal(t, http.StatusBadGateway, h.do(http.MethodPost, "/api/v1/orchestrator/register", nil).Code)
}

func TestTask_IsInTheContract(t *testing.T) {
	t.Parallel()
	spec, err := newHarness(t).server.OpenAPI()
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(spec, &document))
	require.Contains(t, document.Paths["/task"]["post"].Responses["200"].Content, "application/json")
}
