package tgi_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func gauge(name string, v float64) engine.Family {
	return engine.Family{Name: name, Type: engine.TypeGauge, Series: []engine.Series{{Value: v}}}
}

func counter(name, label string, values map[string]float64) engine.Family {
	f := engine.Family{Name: name, Type: engine.TypeCounter}
	for value, n := range values {
		s := engine.Series{Value: n}
		if label != "" {
			s.Labels = map[string]string{label: value}
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// times is a histogram with all its observations in the bucket up to the bound.
func times(name, method string, n, bound float64) engine.Family {
	s := engine.Series{Value: math.NaN(), Histogram: &serving.Histogram{
		Bounds: []float64{bound / 2, bound, 4 * bound}, Counts: []float64{0, n, n}, Count: n, Sum: 0.75 * n * bound}}
	if method != "" {
		s.Labels = map[string]string{"method": method}
	}
	return engine.Family{Name: name, Type: engine.TypeHistogram, Series: []engine.Series{s}}
}

func read(families ...engine.Family) serving.Reading { return tgi.New().Read(families) }

func reason(t *testing.T, r serving.Reading, quantity string) string {
	t.Helper()
	for _, m := range r.Missing {
		if m.Quantity == quantity {
			return m.Reason
		}
	}
	require.Failf(t, "not missing", "%s in %v", quantity, r.Missing)
	return ""
}

func how(t *testing.T, r serving.Reading, quantity string) string {
	t.Helper()
	for _, d := range r.Derived {
		if d.Quantity == quantity {
			return d.How
		}
	}
	require.Failf(t, "not derived", "%s in %v", quantity, r.Derived)
	return ""
}

func TestRead_AFreshServer_KnowsNothingAndSaysThatAbsenceIsNotZero(t *testing.T) {
	t.Parallel()
	r := read()
	require.Equal(t, serving.TGI, r.Engine)
	for _, quantity := range []string{"running", "waiting", "errors", "itl", "e2e", "engine_steps", "finished_by_reason"} {
		require.Contains(t, reason(t, r, quantity), "absence is not zero", quantity)
	}
	require.False(t, r.Running.IsKnown())
	require.False(t, r.Errors.IsKnown())
	require.Nil(t, r.FinishedByReason)
	require.Empty(t, r.Derived)
	seen := map[string]bool{}
	for _, m := range r.Missing {
		require.False(t, seen[m.Quantity], "%s twice", m.Quantity)
		seen[m.Quantity] = true
	}
}

func TestRead_WhatNoVersionReports_SaysWhy(t *testing.T) {
	t.Parallel()
	r := read(gauge("tgi_queue_size", 3))
	require.Equal(t, serving.Known(3), r.Waiting)
	for quantity, part := range map[string]string{
		"preemptions": "set aside when a request is admitted", "prefix_hit_tokens": "does not report", "model": "/info",
		"swapped": "never swaps", "draft_tokens": "accepted", "process_started_unix": "counters that fall", "decode": "step",
		"ttft": "estimated from", "kv_capacity_tokens": "log", "kv_usage": "no such gauge",
	} {
		require.Contains(t, reason(t, r, quantity), part, quantity)
	}
}

func TestRead_Errors_AreTheServersFailures(t *testing.T) {
	t.Parallel()
	r := read(counter("tgi_request_success", "", map[string]float64{"": 90}), counter("tgi_request_failure", "err", map[string]float64{
		"overloaded": 5, "generation": 2, "incomplete": 1, "validation": 40, "template": 10, "dropped": 3}))
	require.Equal(t, serving.Known(8), r.Errors)
	require.Equal(t, map[string]float64{"success": 90, "error": 3, "abort": 3}, r.FinishedByReason)
	require.Contains(t, how(t, r, "finished_by_reason"), "stop and length together")

	r = read(counter("tgi_request_failure", "err", map[string]float64{"validation": 2}))
	require.Equal(t, serving.Known(0), r.Errors, "the counter is there and none of its failures is the server's")
}

func TestRead_NoFailureYet_IsZeroOnceRequestsWereAnswered(t *testing.T) {
	t.Parallel()
	r := read(counter("tgi_request_success", "", map[string]float64{"": 90}))
	require.Equal(t, serving.Known(0), r.Errors)
	require.Contains(t, how(t, r, "errors"), "first failure")
	require.False(t, read(gauge("tgi_request_failure", 3), counter("tgi_request_success", "", map[string]float64{"": 9})).Errors.IsKnown(),
		"a family of another type is not understood, which is not zero")
}

func TestRead_FinishedWithoutANumber_IsMissing(t *testing.T) {
	t.Parallel()
	r := read(counter("tgi_request_success", "", map[string]float64{"": math.NaN()}))
	require.Nil(t, r.FinishedByReason)
	require.Contains(t, reason(t, r, "finished_by_reason"), "has no number")
}

func TestRead_TimePerToken_IsABoundAndSaysSo(t *testing.T) {
	t.Parallel()
	r := read(times("tgi_request_mean_time_per_token_duration", "", 9, 0.05))
	require.InDelta(t, 9.0, r.ITL.Count, 0)
	require.Equal(t, r.ITL, r.TPOT)
	require.Contains(t, how(t, r, "itl"), "at most")
	require.Contains(t, how(t, r, "tpot"), "prefill")
}

func TestRead_FirstToken_IsEstimatedFromQueueAndPrefill(t *testing.T) {
	t.Parallel()
	steps := times("tgi_batch_inference_duration", "prefill", 4, 0.4)
	steps.Series = append(steps.Series, times("tgi_batch_inference_duration", "decode", 900, 0.02).Series...)
	r := read(times("tgi_request_queue_duration", "", 20, 0.8), steps)
	require.InDelta(t, 4.0, r.Prefill.Count, 0, "decode steps are no prefills")
	require.InDelta(t, 20.0, r.TTFT.Count, 0)
	require.InDelta(t, 0.6+0.3, r.TTFT.Mean().Or(-1), 1e-9)
	require.Equal(t, serving.EstimatedTTFT, how(t, r, "ttft"))
	require.Nil(t, read(steps).TTFT)
}

func TestRead_CapacityOnThePage_GivesTheUse(t *testing.T) {
	t.Parallel()
	r := read(gauge("tgi_batch_current_max_tokens", 750), gauge("tgi_batch_max_total_tokens", 1000), gauge("tgi_batch_current_size", 3))
	require.Equal(t, serving.Known(0.75), r.KVUsage)
	require.Equal(t, serving.Known(750), r.KVReservedTokens)
	require.Equal(t, engine.ReservedShare, how(t, r, "kv_usage"))
}

func TestRead_SpeculationIsASummary_OrAHistogramAsDocumented(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{engine.TypeSummary, engine.TypeHistogram} {
		r := read(engine.Family{Name: "tgi_request_skipped_tokens", Type: kind, Series: []engine.Series{{Histogram: &serving.Histogram{Count: 100, Sum: 60}}}})
		require.Equal(t, serving.Known(60), r.AcceptedTokens, kind)
		require.False(t, r.DraftTokens.IsKnown())
	}
}

func TestRead_Tokens_AreTheSumsOfTheLengths(t *testing.T) {
	t.Parallel()
	r := read(times("tgi_request_input_length", "", 10, 100), times("tgi_request_generated_tokens", "", 10, 20),
		counter("tgi_batch_inference_count", "method", map[string]float64{"prefill": 4, "decode": 30}))
	require.Equal(t, serving.Known(750), r.PromptTokens)
	require.Equal(t, serving.Known(150), r.GenerationTokens)
	require.Equal(t, serving.Known(34), r.EngineSteps)
	require.Contains(t, how(t, r, "generation_tokens"), "leaps")
}

func TestRead_Unrecognised_AreNewNamesOfTGIOnly(t *testing.T) {
	t.Parallel()
	r := read(gauge("tgi_a_new_thing", 1), gauge("vllm:x", 1), gauge("tgi_batch_next_size", 1), gauge("tgi_batch_total_tokens", 1))
	require.Equal(t, []string{"tgi_a_new_thing"}, r.Unrecognised)
	require.True(t, tgi.New().Recognises("tgi_a_new_thing"))
	require.False(t, tgi.New().Recognises("vllm:x"))
}
