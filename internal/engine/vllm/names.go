package vllm

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Reasons that several quantities share.
const (
	statsOff       = "not on the page; --disable-log-stats removes it"
	phasesSince    = "exposed from V0 0.6.4 and V1 0.7.3"
	prefixSince    = "token counts exist from V1 0.7.3"
	speculationOff = "exposed only while speculative decoding is on"
)

// Families read outside the tables.
const (
	nameCacheConfig = "vllm:cache_config_info"
	nameSuccess     = "vllm:request_success_total"
	nameHitRate     = "vllm:gpu_prefix_cache_hit_rate"
)

// prefix of all that vLLM itself exposes.
const prefix = "vllm:"

// canonical undoes what Ray does to names: it puts "ray_" before them and, in
// newer releases, an underscore for the colon (vllm/v1/metrics/ray_wrappers.py).
func canonical(family string) string {
	rest, underRay := strings.CutPrefix(family, "ray_vllm")
	if underRay && rest != "" && (rest[0] == ':' || rest[0] == '_') {
		return prefix + rest[1:]
	}
	return family
}

// asGauges are the counters as Ray exports them beside, or in older releases
// instead of, the counters themselves: as gauges without "_total"
// (RAY_EXPORT_COUNTER_AS_GAUGE). No vLLM page has gauges of these names.
func asGauges(counters []mapping.Quantity) []mapping.Quantity {
	var out []mapping.Quantity
	for _, q := range counters {
		if q.Type != engine.TypeCounter || !strings.HasPrefix(q.Families[0], prefix) {
			continue
		}
		families := make([]string, len(q.Families))
		for i, name := range q.Families {
			families[i] = strings.TrimSuffix(name, "_total")
		}
		q.Families, q.Type = families, engine.TypeGauge
		out = append(out, q)
	}
	return out
}

// metrics holds the names of vllm/v1/metrics/loggers.py, vllm/engine/metrics.py
// (the V0 engine, to 0.11.0) and vllm/v1/spec_decode/metrics.py from 0.4 to the
// commit of 2026-08-17.
func metrics() mapping.Table {
	return mapping.Table{
		Engine: serving.VLLM, Prefix: prefix, Canonical: canonical,
		Quantities:    slices.Concat(gauges(), counters(), asGauges(counters())),
		Distributions: distributions(),
		Others:        recognised(),
	}
}

func gauges() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "running", Field: func(r *serving.Reading) *serving.Measure { return &r.Running }, Type: engine.TypeGauge,
			Families: []string{"vllm:num_requests_running"}, Why: statsOff},
		// From 0.20 on num_requests_waiting counts deferred requests too (for an
		// adapter or a transfer), which no capacity would help; before, it counted
		// only those that wait for capacity. This is the same quantity in all versions.
		{Name: "waiting", Field: func(r *serving.Reading) *serving.Measure { return &r.Waiting }, Type: engine.TypeGauge,
			Where:    func(labels map[string]string) bool { return labels["reason"] == "" || labels["reason"] == "capacity" },
			Families: []string{"vllm:num_requests_waiting_by_reason", "vllm:num_requests_waiting"}, Why: statsOff},
		{Name: "swapped", Field: func(r *serving.Reading) *serving.Measure { return &r.Swapped }, Type: engine.TypeGauge,
			Families: []string{"vllm:num_requests_swapped"}, Why: "the V1 engine preempts by recomputing and never swaps"},
		{Name: "kv_usage", Field: func(r *serving.Reading) *serving.Measure { return &r.KVUsage }, Type: engine.TypeGauge, Combine: mapping.Mean,
			Families: []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"}, Why: statsOff},
		{Name: "process_started_unix", Field: func(r *serving.Reading) *serving.Measure { return &r.ProcessStartedUnix }, Type: engine.TypeGauge, Combine: mapping.First,
			Families: []string{"process_start_time_seconds"}, Why: "several processes share the page; a restart shows in counters that fall"},
	}
}

func counters() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "preemptions", Field: func(r *serving.Reading) *serving.Measure { return &r.Preemptions }, Type: engine.TypeCounter,
			Families: []string{"vllm:num_preemptions_total"}, Why: "V1 exposes it from 0.8.0, V0 from 0.4.3"},
		{Name: "prompt_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.PromptTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:prompt_tokens_total"}, Why: statsOff},
		{Name: "generation_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.GenerationTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:generation_tokens_total"}, Why: statsOff},
		{Name: "prefix_query_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.PrefixQueryTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"}, Why: prefixSince},
		{Name: "prefix_hit_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.PrefixHitTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"}, Why: prefixSince},
		{Name: "draft_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.DraftTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:spec_decode_num_draft_tokens_total"}, Why: speculationOff},
		{Name: "accepted_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.AcceptedTokens }, Type: engine.TypeCounter,
			Families: []string{"vllm:spec_decode_num_accepted_tokens_total"}, Why: speculationOff},
		// The number of observations of tokens per step is the number of steps.
		{Name: "engine_steps", Field: func(r *serving.Reading) *serving.Measure { return &r.EngineSteps }, Type: engine.TypeHistogram, Of: mapping.Observations,
			Families: []string{"vllm:iteration_tokens_total"}, Why: "exposed from V0 0.6.4 and V1 0.7.3, not by the Rust front end"},
		// A request that the engine ended with the reason "error" is an answer of
		// 5xx too, so the two are not added.
		{Name: "errors", Field: func(r *serving.Reading) *serving.Measure { return &r.Errors }, Type: engine.TypeCounter, NoneIsZero: true,
			Where:    func(labels map[string]string) bool { return strings.HasPrefix(labels["status"], "5") },
			Families: []string{"http_requests_total"}, Why: "exposed from 0.8.3, after the first request"},
		{Name: "errors", Field: func(r *serving.Reading) *serving.Measure { return &r.Errors }, Type: engine.TypeCounter,
			Where:    func(labels map[string]string) bool { return labels["finished_reason"] == "error" },
			Families: []string{nameSuccess},
			Derived:  "at least: requests that ended with the reason error, since the page has no answers by status"},
	}
}

func distributions() []mapping.Distribution {
	return []mapping.Distribution{
		{Name: "ttft", Field: func(r *serving.Reading) **serving.Histogram { return &r.TTFT },
			Families: []string{"vllm:time_to_first_token_seconds"}, Why: statsOff},
		// One observation a step and request under both names; 0.10.2 to 0.11 have both.
		{Name: "itl", Field: func(r *serving.Reading) **serving.Histogram { return &r.ITL },
			Families: []string{"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"}, Why: statsOff},
		// The older time_per_output_token is a gap between tokens, not a request's
		// mean, so it does not stand in here.
		{Name: "tpot", Field: func(r *serving.Reading) **serving.Histogram { return &r.TPOT },
			Families: []string{"vllm:request_time_per_output_token_seconds"}, Why: "exposed from 0.11.0; follows from decode time and token counts"},
		{Name: "e2e", Field: func(r *serving.Reading) **serving.Histogram { return &r.E2E },
			Families: []string{"vllm:e2e_request_latency_seconds"}, Why: "V1 exposes it from 0.7.3"},
		{Name: "queue", Field: func(r *serving.Reading) **serving.Histogram { return &r.Queue },
			Families: []string{"vllm:request_queue_time_seconds", "vllm:time_in_queue_requests"}, Why: phasesSince},
		{Name: "prefill", Field: func(r *serving.Reading) **serving.Histogram { return &r.Prefill },
			Families: []string{"vllm:request_prefill_time_seconds"}, Why: phasesSince},
		{Name: "decode", Field: func(r *serving.Reading) **serving.Histogram { return &r.Decode },
			Families: []string{"vllm:request_decode_time_seconds"}, Why: phasesSince},
		{Name: "prompt_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.PromptLengths },
			Families: []string{"vllm:request_prompt_tokens"}, Why: statsOff},
		{Name: "output_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.OutputLengths },
			Families: []string{"vllm:request_generation_tokens"}, Why: statsOff},
	}
}

// recognised are vLLM's families that no quantity needs.
func recognised() []string {
	return []string{
		nameCacheConfig, nameSuccess, nameHitRate,
		"vllm:cpu_cache_usage_perc", "vllm:cpu_prefix_cache_hit_rate",
		"vllm:external_prefix_cache_", "vllm:mm_cache_",
		"vllm:prompt_tokens_by_source_total", "vllm:prompt_tokens_cached_total", "vllm:prompt_tokens_recomputed_total",
		"vllm:request_max_num_generation_tokens", "vllm:request_params_", "vllm:request_prefill_kv_computed_tokens",
		"vllm:request_inference_time_seconds", "vllm:model_forward_time_milliseconds", "vllm:model_execute_time_milliseconds",
		"vllm:tokens_total", "vllm:avg_prompt_throughput_toks_per_s", "vllm:avg_generation_throughput_toks_per_s",
		"vllm:lora_requests_info", "vllm:engine_sleep_state", "vllm:spec_decode_", "vllm:diffusion_",
		"vllm:kv_block_", "vllm:estimated_", "vllm:corrupted_requests_total",
		"vllm:nixl_", "vllm:kv_offload_", "vllm:mooncake_store_", "vllm:hf3fs_", "vllm:websocket_",
	}
}
