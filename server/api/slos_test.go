package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/server/api"
)

const slosPath = "/api/v1/fleets/chat/slos"

func errorsSLO(threshold float64) map[string]any {
	return map[string]any{"name": "errors", "metric": "error_rate", "threshold": threshold}
}

func TestSLOs_LiveWithinTheFleetUnderItsETag(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()

	r := h.do(http.MethodPost, slosPath, errorsSLO(.01))
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	require.Equal(t, slosPath+"/errors", r.Header().Get("Location"))
	require.Equal(t, `"2"`, r.Header().Get("ETag"), "the fleet's generation")

	require.Equal(t, http.StatusPreconditionFailed, h.do(http.MethodPut, slosPath+"/errors", errorsSLO(.02), "If-Match", `"1"`).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodPut, slosPath+"/errors", errorsSLO(.02), "If-Match", `"2"`).Code)

	var page api.Page[serving.Objective]
	h.do(http.MethodGet, slosPath, nil).into(&page)
	require.Len(t, page.Items, 2)
	require.InDelta(t, .02, page.Items[1].Threshold, 0)

	require.Equal(t, http.StatusNoContent, h.do(http.MethodDelete, slosPath+"/errors", nil).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, slosPath+"/errors", nil).Code)
	require.Equal(t, []string{"fleet.create chat", "slo.create chat", "slo.update chat", "slo.delete chat"}, h.store.actions())
}

func TestSLOs_MayChangeWhileARunIsOpen(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.running["rollout:chat"] = api.Execution{WorkflowID: "rollout:chat"}
	require.Equal(t, http.StatusCreated, h.do(http.MethodPost, slosPath, errorsSLO(.01)).Code)
}

func TestSLOs_Refusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		field        string
	}{
		"malformed metric":    {http.MethodPost, slosPath, map[string]any{"name": "a", "metric": "mood"}, http.StatusUnprocessableEntity, "body.metric"},
		"malformed quantile":  {http.MethodPost, slosPath, map[string]any{"name": "a", "metric": "itl", "threshold": 1}, http.StatusUnprocessableEntity, "body.quantile"},
		"malformed threshold": {http.MethodPost, slosPath, map[string]any{"name": "a", "metric": "error_rate", "threshold": 3}, http.StatusUnprocessableEntity, "body.threshold"},
		"text for a number":   {http.MethodPost, slosPath, map[string]any{"name": "a", "metric": "ttft", "threshold": "fast"}, http.StatusUnprocessableEntity, "body.threshold"},
		"no name":             {http.MethodPost, slosPath, map[string]any{"metric": "ttft"}, http.StatusUnprocessableEntity, "body.name"},
		"name is taken":       {http.MethodPost, slosPath, map[string]any{"name": "ttft-p95", "metric": "error_rate", "threshold": .1}, http.StatusConflict, ""},
		"rename":              {http.MethodPut, slosPath + "/ttft-p95", errorsSLO(.1), http.StatusUnprocessableEntity, "body.name"},
		"change of none":      {http.MethodPut, slosPath + "/errors", errorsSLO(.1), http.StatusNotFound, ""},
		"removal of none":     {http.MethodDelete, slosPath + "/errors", nil, http.StatusNotFound, ""},
		"of no fleet":         {http.MethodPost, "/api/v1/fleets/none/slos", errorsSLO(.1), http.StatusNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			r := h.do(c.method, c.path, c.body)
			require.Equal(t, c.status, r.Code, r.Body.String())
			require.Equal(t, c.field, fieldsOf(r.problem()))
			require.Equal(t, int64(1), h.store.fleets["chat"].Generation)
		})
	}
}

// slowSamples are requests whose first token came after two seconds.
func slowSamples(n int) []serving.RequestSample {
	out := make([]serving.RequestSample, n)
	for i := range out {
		out[i] = serving.RequestSample{EndedUnix: float64(i), TTFTSeconds: serving.Known(2), E2ESeconds: serving.Known(3), Tokens: 10}
	}
	return out
}

func TestSLOStatus_RouterSawUsers_JudgesThem(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.world.arms = []serving.ArmObservation{{Variant: serving.Stable, WindowSeconds: 60, Requests: 100, Samples: slowSamples(100)}}
	var out api.SLOReport
	h.do(http.MethodGet, "/api/v1/fleets/chat/slo-status", nil).into(&out)
	require.Equal(t, "router", out.Source)
	require.Len(t, out.Statuses, 1)
	require.True(t, out.Statuses[0].Breached)
	require.False(t, out.Statuses[0].NoData)
}

func TestSLOStatus_NoTraffic_IsNoDataNeverKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	var out api.SLOReport
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/slo-status", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&out)
	require.Equal(t, "none", out.Source)
	require.True(t, out.Statuses[0].NoData)
	require.Contains(t, r.Body.String(), `"observed":null`)
}

func TestSLOStatus_RouterSilent_TakesTheEnginesMeasurement(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.world.err = errRefused
	h.store.snapshots = []serving.SnapshotRecord{{Fleet: "chat", Snapshot: serving.Snapshot{Fleet: "chat", Variant: serving.Stable,
		TTFT: &serving.Histogram{Bounds: []float64{.1, 1, 10}, Counts: []float64{100, 100, 100}, Count: 100, Sum: 5}}}}
	var out api.SLOReport
	h.do(http.MethodGet, "/api/v1/fleets/chat/slo-status", nil).into(&out)
	require.Equal(t, "engine", out.Source)
	require.False(t, out.Statuses[0].NoData)
	require.False(t, out.Statuses[0].Breached)
}

func TestViolations_AreListedAndAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := "chat|stable|ttft-p95"
	h.store.violations[id] = serving.ViolationRecord{ID: id, Fleet: "chat"}
	r := h.do(http.MethodPost, "/api/v1/violations/chat%7Cstable%7Cttft-p95/acknowledge", `{"note": "on it"}`, "X-Actor", "ana")
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, "ana", h.store.violations[id].AcknowledgedBy)
	require.Equal(t, "on it", h.store.violations[id].AcknowledgeNote)
	require.Equal(t, http.StatusOK, h.do(http.MethodPost, "/api/v1/violations/chat%7Cstable%7Cttft-p95/resolve", nil, "X-Actor", "bob").Code)
	require.Equal(t, "bob", h.store.violations[id].ResolvedBy)
	require.Equal(t, []string{"violation.acknowledge " + id, "violation.resolve " + id}, h.store.actions())
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/violations/chat%7Cstable%7Cttft-p95", nil).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/violations/none/acknowledge", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/violations?fleet=chat&open=true", nil).Code)
	require.True(t, *h.store.queries[0].Open)
	r = h.do(http.MethodGet, "/api/v1/violations?state=acknowledged&severity=page&since=2026-11-20T12:00:00Z&limit=7", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	q := h.store.queries[1]
	require.Equal(t, []any{"acknowledged", "page", 7, true}, []any{q.Status, q.Severity, q.Limit, q.From.Equal(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))})
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodGet, "/api/v1/violations?state=gone", nil).Code)
}

// spent are tallies of the harness's objective, of which the month is bad.
func spentTallies(o serving.Objective, now time.Time) []slo.Tally {
	var out []slo.Tally
	for hours := range 30 * 24 {
		out = append(out, slo.Tally{Variant: serving.Stable, Indicator: slo.Indicator(o), Bucket: slo.Bucket{
			StartUnix: float64(now.Add(-time.Duration(hours+1) * time.Hour).Unix()), Seconds: 3600, Good: 80, Bad: 20}})
	}
	return out
}

func TestSLOStatus_Budgets_AreOfWhatWasCounted(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	o := h.store.fleets["chat"].SLOs[0]
	now := time.Now()
	h.store.tallies = append(spentTallies(o, now), slo.Tally{Variant: serving.Canary, Indicator: slo.Indicator(o),
		Bucket: slo.Bucket{StartUnix: float64(now.Unix()) - 90, Seconds: 60, Good: 5, Bad: 45}})
	var out api.SLOReport
	h.do(http.MethodGet, "/api/v1/fleets/chat/slo-status", nil).into(&out)
	require.Len(t, out.Budgets, 1)
	require.InDelta(t, -3, out.Budgets[0].Budget.Remaining.Or(0), 0.05, "20% are bad where 5% may be")
	require.InDelta(t, 0.8, out.Budgets[0].Budget.Compliance.Or(0), 1e-9)
	require.True(t, out.Budgets[0].RecoversUnix.IsKnown())
	require.Len(t, out.Budgets[0].Burns, 8)
	require.Len(t, out.Trial, 1)
	require.Equal(t, serving.Canary, out.Trial[0].Variant)
	require.True(t, out.Trial[0].Alerts[0].Firing)
	require.WithinDuration(t, now.Add(-30*24*time.Hour), h.store.since, time.Minute, "the whole window")
}

func TestSLOStatus_NeverWatched_BudgetsHaveNoData(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/slo-status", nil)
	var out api.SLOReport
	r.into(&out)
	require.True(t, out.Budgets[0].Budget.NoData)
	require.Contains(t, r.Body.String(), `"remaining":null`)
	require.Empty(t, out.Trial)
}

func TestMonitor_StartJoinsARunningOne_StopCancels(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, "/api/v1/fleets/chat/monitor/start", `{"tick_seconds": 2}`).Code)
	require.Equal(t, "monitor:chat", h.workflows.started[0].ID)
	require.True(t, h.workflows.started[0].JoinRunning)
	require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, "/api/v1/fleets/chat/monitor/stop", nil).Code)
	require.Equal(t, []api.Execution{{WorkflowID: "monitor:chat"}}, h.workflows.canceled)
	require.Equal(t, []string{"fleet.create chat", "monitor.start chat", "monitor.stop chat"}, h.store.actions())
	require.Equal(t, http.StatusNotFound, h.do(http.MethodPost, "/api/v1/fleets/none/monitor/start", nil).Code)
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodPost, "/api/v1/fleets/chat/monitor/start", `{"tick_seconds": 900}`).Code)
}
