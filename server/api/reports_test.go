package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/report"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// withRun keeps a run of the fleet with what belongs to it.
func (h *harness) withRun(edits ...func(*serving.RunRecord)) *harness {
	h.t.Helper()
	ended := time.Date(2026, 11, 24, 13, 10, 0, 0, time.UTC)
	run := serving.RunRecord{ID: "run-1", WorkflowID: "optimize:chat", Fleet: "chat", Phase: "closed", Outcome: serving.OutcomeNoImprovement,
		Reason: "nothing tried beats it", StartedAt: ended.Add(-10 * time.Minute), ClosedAt: &ended}
	for _, e := range edits {
		e(&run)
	}
	h.store.runs[run.ID] = run
	h.store.events = append(h.store.events, serving.EventRecord{Seq: 1, RunID: run.ID, Type: "outcome", Message: "no improvement", At: ended})
	h.store.trials = append(h.store.trials, serving.TrialRecord{RunID: run.ID, Trial: serving.Trial{Number: 1, Purpose: "baseline", Status: serving.TrialMeasured}})
	return h
}

func TestRunReport_IsAPageUnderAPolicyOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().withRun()
	r := h.do(http.MethodGet, "/api/v1/runs/run-1/report", nil)
	require.Equal(t, http.StatusOK, r.Code)
	require.Equal(t, "text/html; charset=utf-8", r.Header().Get("Content-Type"))
	policy := r.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "script-src 'sha256-")
	require.NotContains(t, policy, "unsafe")
	require.Contains(t, r.Body.String(), "No improvement: of 1 trials none was clearly better")
}

func TestRunReport_AsData_HasTheFactsOfTheRecord(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().withRun()
	h.store.analyses["run-1"] = serving.AnalysisRecord{ID: "run-1", Snapshot: serving.Snapshot{Revealed: serving.RevealSimulated(true)}}
	h.store.violations["v"] = serving.ViolationRecord{ID: "v", Fleet: "chat", Violation: serving.Violation{SLO: "ttft-p95"}, OpenedAt: time.Date(2026, 11, 24, 13, 5, 0, 0, time.UTC)}
	h.store.violations["w"] = serving.ViolationRecord{ID: "w", Fleet: "chat", Violation: serving.Violation{SLO: "later"}, OpenedAt: time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC)}
	var got report.Report
	h.do(http.MethodGet, "/api/v1/runs/run-1/report.json", nil).into(&got)
	require.Equal(t, serving.OutcomeNoImprovement, got.Outcome)
	require.True(t, got.Setting.Simulated)
	require.Len(t, got.Tried, 1)
	require.Len(t, got.Story, 1)
	require.Len(t, got.Objectives, 1)
	require.Len(t, got.Breaches, 1, "what opened after the run is not its own")
	require.Equal(t, "ttft-p95", got.Breaches[0].SLO)
}

func TestRunReport_OfAnOpenRun_FindsItsRollout(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().withRun(func(r *serving.RunRecord) { r.ClosedAt, r.Outcome, r.Phase = nil, "", "rolling-out" })
	h.store.rollouts["other"] = serving.RolloutRecord{ID: "other", Fleet: "chat", RunID: "run-0"}
	h.store.rollouts["ro"] = serving.RolloutRecord{ID: "ro", Fleet: "chat", RunID: "run-1", Weight: 25}
	var got report.Report
	h.do(http.MethodGet, "/api/v1/runs/run-1/report.json", nil).into(&got)
	require.True(t, got.Running)
	require.Equal(t, "ro", got.Rollout.ID)
	require.Contains(t, got.Production, "25% of production traffic")
	require.Contains(t, got.Change.Undo.Commands[0].Line, "http://example.com/api/v1/rollouts/ro/rollback", "at the address under which the reader came")
}

func TestRunReport_OfAFleetThatIsGone_SaysSo(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withRun()
	var got report.Report
	h.do(http.MethodGet, "/api/v1/runs/run-1/report.json", nil).into(&got)
	require.Contains(t, strings.Join(got.Caveats, " "), "no longer registered")
}

func TestRunReport_WithoutARun_OrWithoutAStore_IsAProblemAndNoPage(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet().withRun()
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/runs/none/report", nil).problem().Status)
	h.store.fail = errDown
	require.Equal(t, http.StatusServiceUnavailable, h.do(http.MethodGet, "/api/v1/runs/run-1/report", nil).problem().Status,
		"a report that misses something must not look whole")
}
