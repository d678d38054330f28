package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

// previewBody is a slot-bound fleet as somebody without a server here would
// describe it.
func previewBody(t *testing.T, edits ...func(map[string]any)) map[string]any {
	b := map[string]any{
		"command_line": "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16",
		"hardware":     map[string]any{"gpu": "H100"}, "replicas": 2,
		"workload": map[string]any{"rate_per_second": 12, "prompt_tokens": lengths(400), "output_tokens": lengths(120)},
		"slos":     []any{map[string]any{"name": "ttft-p95", "metric": "ttft", "quantile": 0.95, "threshold": 0.5}},
		"snapshot": slotBound(t).store.snapshots[0].Snapshot,
	}
	for _, e := range edits {
		e(b)
	}
	return b
}

func TestPreview_IsTheAnalysisOfAKeptFleet_AndKeepsNothing(t *testing.T) {
	t.Parallel()
	kept := slotBound(t)
	var want serving.AnalysisRecord
	kept.do(http.MethodPost, "/api/v1/fleets/chat/analyses", nil).into(&want)

	h := newHarness(t)
	var got api.Preview
	r := h.do(http.MethodPost, "/api/v1/analyses/preview", previewBody(t))
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&got)
	require.NotEmpty(t, got.Bottlenecks)
	require.Equal(t, want.Bottlenecks, got.Bottlenecks)
	require.Equal(t, want.Recommendations, got.Recommendations)
	require.Equal(t, 12.0, got.Workload.RatePerSecond)
	require.Empty(t, h.store.analyses)
	require.Empty(t, h.store.recs)
	require.Empty(t, h.store.snapshots)
	require.Empty(t, h.store.actions(), "it changes nothing")
	require.Empty(t, h.world.read, "and looks at nothing")
}

func TestPreview_IdleFleet_HasNothingToSay(t *testing.T) {
	t.Parallel()
	r := newHarness(t).do(http.MethodPost, "/api/v1/analyses/preview", previewBody(t,
		set("workload", nil), set("snapshot", map[string]any{"window_seconds": 10})))
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Contains(t, r.Body.String(), `"bottlenecks":[]`)
	require.NotContains(t, r.Body.String(), `"workload"`)
}

func TestPreview_Mistakes_NameTheField(t *testing.T) {
	t.Parallel()
	histogram := func(bounds, counts []float64, count float64) map[string]any {
		return map[string]any{"window_seconds": 10, "ttft": map[string]any{"bounds": bounds, "counts": counts, "count": count, "sum": 1}}
	}
	for name, c := range map[string]struct {
		edit  func(map[string]any)
		field string
	}{
		"no snapshot":  {func(b map[string]any) { delete(b, "snapshot") }, "body.snapshot"},
		"both":         {set("pages", []any{map[string]any{"payload": "x"}}), "body.pages"},
		"a page alone": {pages(map[string]any{"payload": vllmPage(1)}), "body.pages[0].earlier"},
		"a page with a slip": {pages(map[string]any{"payload": "a b\n", "taken_at": "2026-11-20T08:01:00Z",
			"earlier": map[string]any{"payload": vllmPage(1), "taken_at": "2026-11-20T08:00:00Z"}}), "body.pages[0].payload line 1"},
		"no window":         {set("snapshot", map[string]any{}), "body.snapshot.window_seconds"},
		"another engine":    {set("snapshot", map[string]any{"window_seconds": 1, "engine": "tgi"}), "body.snapshot.engine"},
		"counts missing":    {set("snapshot", histogram([]float64{1, 2}, []float64{1}, 1)), "body.snapshot.ttft"},
		"bounds that fall":  {set("snapshot", histogram([]float64{2, 1}, []float64{1, 1}, 1)), "body.snapshot.ttft"},
		"counts that fall":  {set("snapshot", histogram([]float64{1, 2}, []float64{2, 1}, 2)), "body.snapshot.ttft"},
		"count too small":   {set("snapshot", histogram([]float64{1, 2}, []float64{1, 3}, 2)), "body.snapshot.ttft"},
		"no configuration":  {func(b map[string]any) { delete(b, "command_line") }, "body.config"},
		"unknown GPU":       {set("hardware", map[string]any{"gpu": "abacus"}), "body.hardware.gpu"},
		"impossible config": {set("command_line", "vllm serve m --gpu-memory-utilization 1.5"), "config.flags.--gpu-memory-utilization"},
		"bad objective":     {set("slos", []any{map[string]any{"name": "x", "metric": "ttft", "quantile": 2, "threshold": 1}}), "body.slos[0].quantile"},
		"bad workload":      {set("workload", map[string]any{"rate_per_second": 0}), "body.workload"},
		"capability cut":    {set("policy", map[string]any{"allowed_risks": []string{"capability-cut"}}), "body.policy.allowed_risks[0]"},
	} {
		r := newHarness(t).do(http.MethodPost, "/api/v1/analyses/preview", previewBody(t, c.edit))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, "%s: %s", name, r.Body.String())
		require.Contains(t, fieldsOf(r.problem()), c.field, name)
	}
}

// pages replaces the snapshot by metrics pages.
func pages(list ...any) func(map[string]any) {
	return func(b map[string]any) {
		delete(b, "snapshot")
		b["pages"] = list
	}
}

func TestPreview_Pages_AreTheReplicasOfOneWindow(t *testing.T) {
	t.Parallel()
	replica := func(before, after int) any {
		return map[string]any{"payload": vllmPage(after), "taken_at": "2026-11-20T08:01:00Z",
			"earlier": map[string]any{"payload": vllmPage(before), "taken_at": "2026-11-20T08:00:00Z"}}
	}
	var got api.Preview
	r := newHarness(t).do(http.MethodPost, "/api/v1/analyses/preview", previewBody(t, pages(replica(100, 700), replica(50, 350))))
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r.into(&got)
	require.Equal(t, 2, got.Snapshot.Replicas)
	require.Equal(t, 60.0, got.Snapshot.WindowSeconds)
	require.Equal(t, serving.Known(900), got.Snapshot.GenerationTokens, "600 of one and 300 of the other")
	require.Equal(t, serving.Known(6), got.Snapshot.Running)
}
