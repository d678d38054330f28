package api_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

var began = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

// busy is an API of a fleet whose run rolls out, one that waits for approval, one
// that is steady, an ended run and an open violation.
func busy(t *testing.T) *harness {
	t.Helper()
	return busily(newHarness(t, func(_ *api.Deps, c *api.Config) { c.WebUI, c.Namespace = "http://ui:8233/", "default" }))
}

// busily fills the store, past the API and its keys.
func busily(h *harness) *harness {
	from := serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "16"}}}
	for _, name := range []string{"chat", "code", "search"} {
		h.store.fleets[name] = serving.Fleet{Name: name, Config: from, Hardware: serving.Hardware{GPU: "H100"}, Replicas: 2, Generation: 1,
			SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5}}}
	}
	h.withRun(func(r *serving.RunRecord) { r.Fleet = "search" })
	to := from.With("--max-num-seqs", "256")
	h.store.runs["run-2"] = serving.RunRecord{ID: "run-2", WorkflowID: "optimize:chat", Fleet: "chat", Phase: "rolling-out", StartedAt: began}
	h.store.runs["run-3"] = serving.RunRecord{ID: "run-3", WorkflowID: "optimize:code", Fleet: "code", Phase: "trialing", StartedAt: began, Experiment: &serving.Experiment{Trials: 6},
		Baseline: &serving.RunSide{Config: from}, Winner: &serving.RunSide{Config: to}}
	h.store.rollouts["ro-2"] = serving.RolloutRecord{ID: "ro-2", WorkflowID: "rollout:chat", Fleet: "chat", RunID: "run-2", Phase: "shifting", Weight: 25, From: from, To: to, StartedAt: began,
		Plan: serving.RolloutPlan{Stages: []serving.StagePlan{{Weight: 5}, {Weight: 25}, {Weight: 100}}}}
	h.store.stages = append(h.store.stages, serving.StageRecord{RolloutID: "ro-2", Weight: 5, Judgement: serving.Judgement{Verdict: serving.VerdictPass}})
	h.store.events = append(h.store.events, serving.EventRecord{Seq: 1, RunID: "run-2", Type: "phase", Message: "canary at 25%, compared with baseline"})
	h.store.violations["chat|stable|ttft-p95"] = serving.ViolationRecord{ID: "chat|stable|ttft-p95", Fleet: "chat", Violation: serving.Violation{SLO: "ttft-p95", Reason: "p95 0.9 s"}, OpenedAt: began}
	h.workflows.status["optimize:code"] = workflows.OptimizeStatus{Phase: workflows.PhaseAwaitingApproval}
	h.workflows.status["optimize:chat"] = workflows.OptimizeStatus{Phase: workflows.PhaseRollingOut, Paused: true}
	h.workflows.status["rollout:chat"] = workflows.RolloutStatus{Phase: workflows.PhaseAwaitingHuman}
	return h
}

func TestOverview_ShowsWhatIsOpen_ByTheWorkflowsOwnAnswer(t *testing.T) {
	t.Parallel()
	var o overview.Overview
	busy(t).do(http.MethodGet, "/api/v1/overview", nil).into(&o)
	require.Len(t, o.Active, 2, "a run's rollout is shown with its run")
	chat, code := o.Active[0], o.Active[1]
	require.True(t, chat.Paused)
	require.Equal(t, 25, chat.Weight)
	require.Equal(t, []overview.Stage{{Weight: 5, State: "done", Verdict: serving.VerdictPass}, {Weight: 25, State: "running"}, {Weight: 100, State: "ahead"}}, chat.Stages)
	require.Equal(t, "canary at 25%, compared with baseline", chat.Says)
	require.Equal(t, []string{"ro-2", "awaiting-human"}, []string{chat.Rollout, chat.RolloutPhase})
	require.Equal(t, "http://ui:8233/namespaces/default/workflows/optimize:chat/run-2", chat.WebUI)
	require.Equal(t, "awaiting-approval", code.Phase, "the record is older than the answer")
	require.Equal(t, 6, code.Trials)
	require.Len(t, o.Recent, 1)
	require.Len(t, o.Violations, 1)
	status := map[string]string{}
	for _, f := range o.Fleets {
		status[f.Name] = f.Status
		require.Len(t, f.Budgets, 1)
		require.False(t, f.Budgets[0].Remaining.IsKnown(), "nobody watched it")
	}
	require.Equal(t, map[string]string{"chat": "violated", "code": "optimizing", "search": "steady"}, status)
}

// listener reads a stream of changes.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
	close context.CancelFunc
}

func listen(t *testing.T, address string, headers ...string) (*listener, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v1/events", nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &listener{t, bufio.NewScanner(resp.Body), cancel}, resp.StatusCode
}

// next is the version of the next change.
func (l *listener) next() string {
	l.t.Helper()
	for l.lines.Scan() {
		if id, ok := strings.CutPrefix(l.lines.Text(), "id: "); ok {
			return id
		}
	}
	require.NoError(l.t, l.lines.Err())
	l.t.Fatal("the stream has ended")
	return ""
}

func TestChanges_EachListenerHearsOfAChange_AndOneWhoComesBackOnlyOfAnother(t *testing.T) {
	t.Parallel()
	h := busy(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Drain)
	a, status := listen(t, server.URL)
	require.Equal(t, http.StatusOK, status)
	first := a.next()
	b, _ := listen(t, server.URL)
	require.Equal(t, first, b.next(), "whoever comes hears at once where it stands")
	back, _ := listen(t, server.URL, "Last-Event-ID", first)
	require.NoError(t, h.store.SaveRun(t.Context(), serving.RunRecord{ID: "run-9", Fleet: "chat", StartedAt: began}))
	second := a.next()
	require.NotEqual(t, first, second)
	require.Equal(t, second, b.next())
	require.Equal(t, second, back.next())
}

func TestChanges_MoreListenersThanBounded_AreToldToComeLater(t *testing.T) {
	t.Parallel()
	h := busy(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Drain)
	var last *listener
	for range 16 {
		l, status := listen(t, server.URL)
		require.Equal(t, http.StatusOK, status)
		last = l
	}
	_, status := listen(t, server.URL)
	require.Equal(t, http.StatusTooManyRequests, status)
	last.close()
	require.Eventually(t, func() bool { _, status := listen(t, server.URL); return status == http.StatusOK }, time.Minute, 10*time.Millisecond,
		"a place that is left is free again")
}

func TestChanges_OfOtherFleets_AreNotTold(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	busily(h)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Drain)
	key := h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleViewer, Fleets: []string{"search"}})
	l, status := listen(t, server.URL, "Authorization", "Bearer "+key)
	require.Equal(t, http.StatusOK, status)
	first := l.next()
	require.NoError(t, h.store.SaveRun(t.Context(), serving.RunRecord{ID: "run-9", Fleet: "chat", StartedAt: began}))
	everything, _ := listen(t, server.URL, "Authorization", "Bearer "+h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin}))
	everything.next()
	again, _ := listen(t, server.URL, "Authorization", "Bearer "+key)
	require.Equal(t, first, again.next(), "a run of another fleet is nothing new")
	require.NoError(t, h.store.SaveRun(t.Context(), serving.RunRecord{ID: "run-10", Fleet: "search", StartedAt: began}))
	require.NotEqual(t, first, l.next())
}
