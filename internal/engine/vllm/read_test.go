package vllm_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// family makes a family with one series for each value, labelled as the engines
// of one server are.
func family(name, kind string, values ...float64) engine.Family {
	f := engine.Family{Name: name, Type: kind}
	for i, v := range values {
		f.Series = append(f.Series, engine.Series{Labels: map[string]string{"engine": string(rune('0' + i)), "model_name": "m"}, Value: v})
	}
	return f
}

func histogram(name string, counts ...float64) engine.Family {
	f := engine.Family{Name: name, Type: engine.TypeHistogram}
	for _, n := range counts {
		f.Series = append(f.Series, engine.Series{Value: math.NaN(), Histogram: &serving.Histogram{Bounds: []float64{1}, Counts: []float64{n}, Count: n, Sum: n / 2}})
	}
	return f
}

func labelled(name, kind string, value float64, labels map[string]string) engine.Family {
	return engine.Family{Name: name, Type: kind, Series: []engine.Series{{Labels: labels, Value: value}}}
}

func read(families ...engine.Family) serving.Reading { return vllm.New().Read(families) }

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

func TestRead_EmptyPage_MissesEverythingAndKnowsNothing(t *testing.T) {
	t.Parallel()
	r := read()
	require.Equal(t, serving.VLLM, r.Engine)
	require.False(t, r.Running.IsKnown())
	require.False(t, r.Errors.IsKnown())
	require.Nil(t, r.TTFT)
	require.Len(t, r.Missing, 26, "15 numbers, 9 distributions, the reasons and the model")
	seen := map[string]bool{}
	for _, m := range r.Missing {
		require.False(t, seen[m.Quantity], "%s twice", m.Quantity)
		require.NotEmpty(t, m.Reason)
		seen[m.Quantity] = true
	}
}

func TestRead_Engines_CountsAddUsageIsTheMean(t *testing.T) {
	t.Parallel()
	r := read(
		family("vllm:num_requests_running", engine.TypeGauge, 3, 4), family("vllm:kv_cache_usage_perc", engine.TypeGauge, 0.2, 0.6),
		family("vllm:generation_tokens_total", engine.TypeCounter, 100, 200), histogram("vllm:time_to_first_token_seconds", 5, 7),
	)
	require.Equal(t, serving.Known(7), r.Running)
	require.InDelta(t, 0.4, r.KVUsage.Or(-1), 1e-12)
	require.Equal(t, serving.Known(300), r.GenerationTokens)
	require.InDelta(t, 12.0, r.TTFT.Count, 0)
	require.Equal(t, "m", r.Model)
}

func TestRead_OldNames(t *testing.T) {
	t.Parallel()
	r := read(
		family("vllm:gpu_cache_usage_perc", engine.TypeGauge, 0.3), family("vllm:gpu_prefix_cache_queries_total", engine.TypeCounter, 80),
		family("vllm:gpu_prefix_cache_hits_total", engine.TypeCounter, 20), histogram("vllm:time_per_output_token_seconds", 9),
		family("vllm:num_requests_swapped", engine.TypeGauge, 2),
	)
	require.Equal(t, serving.Known(0.3), r.KVUsage)
	require.Equal(t, serving.Known(80), r.PrefixQueryTokens)
	require.Equal(t, serving.Known(20), r.PrefixHitTokens)
	require.Equal(t, serving.Known(2), r.Swapped)
	require.InDelta(t, 9.0, r.ITL.Count, 0)
	require.Nil(t, r.TPOT, "gaps between tokens are not a request's mean")
	require.Empty(t, r.Unrecognised)
}

func TestRead_BothNamesOfOneQuantity_AreNeverAdded(t *testing.T) {
	t.Parallel()
	r := read(
		histogram("vllm:inter_token_latency_seconds", 9), histogram("vllm:time_per_output_token_seconds", 9),
		family("vllm:kv_cache_usage_perc", engine.TypeGauge, 0.4), family("vllm:gpu_cache_usage_perc", engine.TypeGauge, 0.4),
		family("vllm:prefix_cache_hits_total", engine.TypeCounter, 7), family("vllm:gpu_prefix_cache_hits_total", engine.TypeCounter, 7),
		histogram("vllm:request_time_per_output_token_seconds", 2),
	)
	require.InDelta(t, 9.0, r.ITL.Count, 0)
	require.Equal(t, serving.Known(0.4), r.KVUsage)
	require.Equal(t, serving.Known(7), r.PrefixHitTokens)
	require.InDelta(t, 2.0, r.TPOT.Count, 0)
}

func TestRead_HitRateGaugeOfV0_StandsForTheCounts(t *testing.T) {
	t.Parallel()
	off := read(family("vllm:gpu_prefix_cache_hit_rate", engine.TypeGauge, -1), family("vllm:prompt_tokens_total", engine.TypeCounter, 200))
	require.Equal(t, "prefix caching is off", reason(t, off, "prefix_hit_tokens"))
	require.False(t, off.PrefixQueryTokens.IsKnown())

	on := read(family("vllm:gpu_prefix_cache_hit_rate", engine.TypeGauge, 0.25), family("vllm:prompt_tokens_total", engine.TypeCounter, 200))
	require.Equal(t, serving.Known(200), on.PrefixQueryTokens)
	require.Equal(t, serving.Known(50), on.PrefixHitTokens)
	require.Contains(t, how(t, on, "prefix_hit_tokens"), "hit rate since its start")
	require.NotEmpty(t, how(t, on, "prefix_query_tokens"))

	for _, page := range []engine.Families{
		{family("vllm:gpu_prefix_cache_hit_rate", engine.TypeGauge, 0.25)},
		{family("vllm:gpu_prefix_cache_hit_rate", engine.TypeGauge, math.NaN()), family("vllm:prompt_tokens_total", engine.TypeCounter, 200)},
		{family("vllm:gpu_prefix_cache_hit_rate", engine.TypeGauge, 0.1, 0.9), family("vllm:prompt_tokens_total", engine.TypeCounter, 200, 300)},
	} {
		require.False(t, read(page...).PrefixHitTokens.IsKnown(), "a rate says nothing without the count that it is of")
	}
}

func TestRead_UnderRay_NamesAreTheSame(t *testing.T) {
	t.Parallel()
	for _, ray := range []string{"ray_vllm:", "ray_vllm_"} {
		r := read(
			family(ray+"num_requests_running", engine.TypeGauge, 3, 2), family(ray+"prompt_tokens_total", engine.TypeCounter, 90),
			family(ray+"prompt_tokens", engine.TypeGauge, 90), family(ray+"generation_tokens", engine.TypeGauge, 40),
			histogram(ray+"iteration_tokens_total", 7), histogram(ray+"time_to_first_token_seconds", 5), family(ray+"novelty", engine.TypeGauge, 1),
		)
		require.Equal(t, serving.Known(5), r.Running, ray)
		require.Equal(t, serving.Known(90), r.PromptTokens, "the counter and its copy are one number")
		require.Equal(t, serving.Known(40), r.GenerationTokens, "old releases of Ray export counters as gauges")
		require.Equal(t, serving.Known(7), r.EngineSteps)
		require.InDelta(t, 5.0, r.TTFT.Count, 0)
		require.Equal(t, "m", r.Model)
		require.Equal(t, []string{ray + "novelty"}, r.Unrecognised)
		require.True(t, vllm.New().Recognises(ray+"anything"))
	}
	require.False(t, vllm.New().Recognises("ray_vllmx"))
	require.False(t, vllm.New().Recognises("ray_vllm"))
	require.False(t, vllm.New().Recognises("ray_node_gpus_utilization"))
}

func TestRead_Waiting_IsForCapacityWhereTheReasonIsTold(t *testing.T) {
	t.Parallel()
	byReason := engine.Family{Name: "vllm:num_requests_waiting_by_reason", Type: engine.TypeGauge, Series: []engine.Series{
		{Labels: map[string]string{"reason": "capacity"}, Value: 4}, {Labels: map[string]string{"reason": "deferred"}, Value: 9}}}
	r := read(family("vllm:num_requests_waiting", engine.TypeGauge, 13), byReason)
	require.Equal(t, serving.Known(4), r.Waiting)
	require.Equal(t, serving.Known(13), read(family("vllm:num_requests_waiting", engine.TypeGauge, 13)).Waiting)
}

func TestRead_Capacity_FromTheTokenCountElseFromBlocks(t *testing.T) {
	t.Parallel()
	info := func(labels map[string]string) serving.Reading {
		return read(labelled("vllm:cache_config_info", engine.TypeGauge, 1, labels))
	}
	r := info(map[string]string{"engine": "0", "block_size": "16", "num_gpu_blocks": "100", "kv_cache_size_tokens": "1500", "cache_dtype": "fp8"})
	require.Equal(t, serving.Known(1500), r.KVCapacityTokens)
	require.Equal(t, map[string]string{"block_size": "16", "num_gpu_blocks": "100", "kv_cache_size_tokens": "1500", "cache_dtype": "fp8"}, r.Revealed)

	require.Equal(t, serving.Known(1600), info(map[string]string{"block_size": "16", "num_gpu_blocks": "100", "kv_cache_size_tokens": "None"}).KVCapacityTokens)

	none := info(map[string]string{"block_size": "16", "num_gpu_blocks": "None"})
	require.False(t, none.KVCapacityTokens.IsKnown())
	require.Contains(t, reason(t, none, "kv_capacity_tokens"), "states neither")

	half := labelled("vllm:cache_config_info", engine.TypeGauge, 1, map[string]string{"block_size": "16", "num_gpu_blocks": "10"})
	half.Series = append(half.Series, engine.Series{Labels: map[string]string{"block_size": "16"}})
	require.False(t, read(half).KVCapacityTokens.IsKnown(), "one engine's share is not the server's")

	two := labelled("vllm:cache_config_info", engine.TypeGauge, 1, map[string]string{"block_size": "16", "num_gpu_blocks": "10"})
	two.Series = append(two.Series, two.Series[0])
	require.Equal(t, serving.Known(320), read(two).KVCapacityTokens)
}

func TestRead_Errors_AreAnswersOf5xxOnly(t *testing.T) {
	t.Parallel()
	answers := engine.Family{Name: "http_requests_total", Type: engine.TypeCounter}
	for status, n := range map[string]float64{"2xx": 90, "4xx": 5, "5xx": 3, "503": 1} {
		answers.Series = append(answers.Series, engine.Series{Labels: map[string]string{"status": status}, Value: n})
	}
	success := labelled("vllm:request_success_total", engine.TypeCounter, 3, map[string]string{"finished_reason": "error"})
	r := read(answers, success)
	require.Equal(t, serving.Known(4), r.Errors, "a request that ended with an error was one of the 5xx")
	require.Equal(t, map[string]float64{"error": 3}, r.FinishedByReason)

	answers.Series = []engine.Series{{Labels: map[string]string{"status": "2xx"}, Value: 9}}
	require.Equal(t, serving.Known(0), read(answers).Errors, "the counter is there and has no failure")

	r = read(success)
	require.Equal(t, serving.Known(3), r.Errors, "without answers by status")
	require.Contains(t, how(t, r, "errors"), "at least")
}

func TestRead_Steps_AreTheObservationsOfTokensPerStep(t *testing.T) {
	t.Parallel()
	require.Equal(t, serving.Known(30), read(histogram("vllm:iteration_tokens_total", 10, 20)).EngineSteps)
}

func TestRead_WhatCannotBeUsed_IsMissingWithTheReason(t *testing.T) {
	t.Parallel()
	cut := histogram("vllm:time_to_first_token_seconds", 5, 6)
	cut.Series[1].Histogram = nil
	unlike := histogram("vllm:e2e_request_latency_seconds", 5, 6)
	unlike.Series[1].Histogram.Bounds = []float64{2}
	r := read(
		cut, unlike, family("vllm:num_requests_running", engine.TypeGauge, 4, math.NaN()), family("vllm:num_requests_waiting", engine.TypeHistogram, 1),
		engine.Family{Name: "vllm:request_queue_time_seconds", Type: engine.TypeHistogram}, family("vllm:iteration_tokens_total", engine.TypeCounter, 9),
		labelled("vllm:request_success_total", engine.TypeCounter, 1, nil), family("process_start_time_seconds", engine.TypeGauge, math.Inf(1)),
		family("vllm:kv_cache_usage_perc", engine.TypeGauge, math.NaN()),
	)
	for quantity, part := range map[string]string{
		"ttft": "incomplete", "e2e": "different buckets", "running": "has no number", "waiting": "is a histogram here, not a gauge",
		"queue": "has no series", "engine_steps": "is a counter here, not a histogram", "finished_by_reason": "finished_reason",
		"process_started_unix": "has no number", "kv_usage": "has no number",
	} {
		require.Contains(t, reason(t, r, quantity), part, quantity)
	}
	require.Nil(t, r.TTFT)
	require.False(t, r.Running.IsKnown())
	_, err := json.Marshal(r)
	require.NoError(t, err)
}

func TestRead_UntypedNumbers_AreTakenOnTrust(t *testing.T) {
	t.Parallel()
	r := read(family("vllm:num_requests_running", engine.TypeUntyped, 2), family("vllm:prompt_tokens_total", engine.TypeUntyped, 9))
	require.Equal(t, serving.Known(2), r.Running)
	require.Equal(t, serving.Known(9), r.PromptTokens)
}

func TestRead_Unrecognised_AreNewNamesOfVLLMOnly(t *testing.T) {
	t.Parallel()
	r := read(
		family("python_info", engine.TypeGauge, 1), family("vllm:prompt_tokens_created", engine.TypeGauge, 1.7e9),
		family("vllm:a_new_thing_total", engine.TypeCounter, 1), family("vllm:kv_usage_v2", engine.TypeGauge, 1),
		family("vllm:nixl_xfer_time_seconds", engine.TypeGauge, 1), family("vllm:num_requests_waiting_by_reason", engine.TypeGauge, 1),
		family("vllm:spec_decode_num_accepted_tokens_per_pos_total", engine.TypeCounter, 1), family("vllm:tokens_total", engine.TypeCounter, 1),
	)
	require.Equal(t, []string{"vllm:a_new_thing_total", "vllm:kv_usage_v2"}, r.Unrecognised)
}

func TestRead_Speculation(t *testing.T) {
	t.Parallel()
	r := read(family("vllm:spec_decode_num_draft_tokens_total", engine.TypeCounter, 40), family("vllm:spec_decode_num_accepted_tokens_total", engine.TypeCounter, 30))
	require.Equal(t, serving.Known(40), r.DraftTokens)
	require.Equal(t, serving.Known(30), r.AcceptedTokens)
}

func TestRead_TheRustFrontEnd_LacksWhatItDoesNotExpose(t *testing.T) {
	t.Parallel()
	r := read(family("vllm:num_requests_running", engine.TypeGauge, 2), family("vllm:prompt_tokens_total", engine.TypeCounter, 9))
	require.Contains(t, reason(t, r, "engine_steps"), "not by the Rust front end")
	require.Contains(t, reason(t, r, "kv_capacity_tokens"), "the Rust front end does not expose it")
	require.Equal(t, serving.Known(9), r.PromptTokens)
}
