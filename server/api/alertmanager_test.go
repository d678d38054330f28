package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

const alertsPath = "/api/v1/webhooks/alertmanager"

// group is a notification as Alertmanager 0.25 sends it, of one alert.
func group(status string, labels map[string]string) map[string]any {
	return map[string]any{
		"version": "4", "groupKey": `{}:{fleet="chat"}`, "truncatedAlerts": 0, "status": status, "receiver": "performance-agent",
		"groupLabels": map[string]any{}, "commonLabels": map[string]any{}, "commonAnnotations": map[string]any{}, "externalURL": "http://am:9093",
		"alerts": []any{map[string]any{"status": status, "labels": labels,
			"annotations": map[string]any{"summary": "burns", "observed": "0.9", "threshold": "0.72"},
			"startsAt":    "2026-11-20T12:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prom/graph", "fingerprint": "ab12"}},
	}
}

func burn(more ...string) map[string]string {
	l := map[string]string{"alertname": "PerformanceAgentSLOBurn", "fleet": "chat", "slo": "ttft-p95", "variant": "canary", "severity": "page", "pair": "page-fast"}
	for i := 0; i+1 < len(more); i += 2 {
		l[more[i]] = more[i+1]
	}
	return l
}

func (h *harness) alert(status string, labels map[string]string) api.AlertsTaken {
	h.t.Helper()
	r := h.do(http.MethodPost, alertsPath, group(status, labels))
	require.Equal(h.t, http.StatusOK, r.Code, r.Body.String())
	var out api.AlertsTaken
	r.into(&out)
	return out
}

func TestAlertmanager_Firing_OpensAViolationAndTellsTheRollout(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, api.AlertsTaken{Opened: 1}, h.alert("firing", burn()))
	id := "chat|canary|ttft-p95|alert-PerformanceAgentSLOBurn-page-fast"
	v := h.store.violations[id].Violation
	require.Equal(t, []any{"ttft-p95", serving.Canary, serving.AlertPage, "alertmanager", 0.9, 0.72},
		[]any{v.SLO, v.Variant, v.Severity, v.Source, v.Observed, v.Threshold})
	require.InDelta(t, float64(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Unix()), v.BeganUnix, 0)
	require.Equal(t, []sentSignal{{"rollout:chat", workflows.SLOViolation, v}}, h.workflows.signals)

	require.Equal(t, api.AlertsTaken{Repeated: 1}, h.alert("firing", burn()))
	require.Len(t, h.workflows.signals, 1, "a repeat tells nobody again")
	require.Len(t, h.workflows.started, 1)
	start := h.workflows.started[0]
	require.Equal(t, []any{api.TypeAnnounce, "chat"}, []any{start.Type, start.Fleet})
	told := start.Input.(serving.Notice)
	require.Equal(t, workflows.NoticeID(told.Key), start.ID)
	require.Equal(t, []any{serving.NoticeViolationOpened, "chat", serving.AlertPage, "burns"}, []any{told.Kind, told.Fleet, told.Severity, told.Text})
	require.Equal(t, api.AlertsTaken{Opened: 1}, h.alert("firing", burn("pair", "page-slow")), "another alert of the same objective")

	require.Equal(t, api.AlertsTaken{Resolved: 1}, h.alert("resolved", burn()))
	require.NotNil(t, h.store.violations[id].ResolvedAt)
	require.Len(t, h.workflows.started, 3)
	require.Equal(t, serving.NoticeViolationResolved, h.workflows.started[2].Input.(serving.Notice).Kind)
	require.Equal(t, api.AlertsTaken{Resolved: 1}, h.alert("resolved", burn()), "sent again")
	require.Len(t, h.workflows.started, 3, "that it is over is told once")
	require.Nil(t, h.store.violations["chat|canary|ttft-p95|alert-PerformanceAgentSLOBurn-page-slow"].ResolvedAt)
	require.Equal(t, api.AlertsTaken{Opened: 1}, h.alert("firing", burn()), "it fires anew")
}

func TestAlertmanager_OfNoFleet_IsCountedAndNotSentAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, api.AlertsTaken{Unknown: 1}, h.alert("firing", burn("fleet", "none")))
	require.Equal(t, api.AlertsTaken{Unknown: 1}, h.alert("firing", map[string]string{"alertname": "HostDown"}))
	require.Equal(t, api.AlertsTaken{Resolved: 1}, h.alert("resolved", burn()), "it fired before we were told")
	require.Empty(t, h.store.violations)
	require.Empty(t, h.workflows.started)
	require.Contains(t, h.do(http.MethodGet, "/metrics", nil).Body.String(), `performance_agent_alerts_total{result="unknown"} 2`)
}

func TestAlertmanager_ForeignAlert_IsNamedByItsAlertname(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.alert("firing", map[string]string{"alertname": "GPUHot", "fleet": "chat", "severity": "warning"})
	v := h.store.violations["chat||GPUHot|alert-GPUHot"].Violation
	require.Equal(t, "GPUHot", v.SLO)
	require.Equal(t, serving.AlertTicket, v.Severity)
	require.Empty(t, v.Variant)
}

func TestAlertmanager_NoRolloutOpen_IsTheUsualCase_AndADownTemporalIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.err = api.ErrUnavailable
	r := h.do(http.MethodPost, alertsPath, group("firing", burn()))
	require.Equal(t, http.StatusServiceUnavailable, r.Code, "Alertmanager tries again after a 5xx")
	require.Empty(t, h.store.violations, "what the rollout was not told is not recorded as told")
	h.workflows.err, h.workflows.signalErr = nil, api.ErrUnknownWorkflow
	require.Equal(t, api.AlertsTaken{Opened: 1}, h.alert("firing", burn()))
}

func TestAlertmanager_WithAToken_TakesAlertsOnlyWithIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(_ *api.Deps, c *api.Config) { c.AlertmanagerToken = "s3cret" }).withFleet()
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodPost, alertsPath, group("firing", burn())).Code)
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodPost, alertsPath, group("firing", burn()), "Authorization", "Bearer s3cre").Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodPost, alertsPath, group("firing", burn()), "Authorization", "Bearer s3cret").Code)
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodPost, alertsPath, map[string]any{"alerts": "x"}, "Authorization", "Bearer s3cret").Code)
}

func TestPrometheusRules_AreOfTheFleetsSeriesAndBuckets(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	path := slosPath + "/prometheus-rules"
	r := h.do(http.MethodGet, path, nil)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "query.match", fieldsOf(r.problem()))
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodGet, path+"?match=job", nil).Code)
	require.Contains(t, h.do(http.MethodGet, path+"?match=job=chat", nil).Body.String(), "# No rules for ttft-p95: the bounds")

	h.store.snapshots = []serving.SnapshotRecord{{Fleet: "chat", Snapshot: serving.Snapshot{Fleet: "chat", Variant: serving.Stable,
		TTFT: &serving.Histogram{Bounds: []float64{.1, .5, 1}, Counts: []float64{1, 1, 1}, Count: 1}}}}
	r = h.do(http.MethodGet, path+"?match=job=chat&match=cluster=eu", nil)
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Contains(t, r.Body.String(), `vllm:time_to_first_token_seconds_bucket{cluster="eu",job="chat",le=~"0\\.5"}`)
}
