package vllm

import "github.com/optiinfra/performance-agent/internal/serving"

// The names below are those of vllm/v1/metrics/loggers.py, vllm/engine/metrics.py
// (the V0 engine, to 0.11.0) and vllm/v1/spec_decode/metrics.py from 0.4 to the
// commit of 2026-08-17. A quantity with several names lists the newest first:
// versions that expose both expose the same numbers, so the first one found is
// taken and they are never added.

// quantity is a number and the families that have carried it.
type quantity struct {
	name  string // as in serving.Reading's JSON
	field func(*serving.Reading) *serving.Measure
	names []string
	// why says what it usually means that none of the names is there.
	why string
}

func gauges() []quantity {
	return []quantity{
		{"running", func(r *serving.Reading) *serving.Measure { return &r.Running }, []string{"vllm:num_requests_running"}, statsOff},
		{"waiting", func(r *serving.Reading) *serving.Measure { return &r.Waiting }, []string{"vllm:num_requests_waiting"}, statsOff},
		{"swapped", func(r *serving.Reading) *serving.Measure { return &r.Swapped }, []string{"vllm:num_requests_swapped"},
			"the V1 engine preempts by recomputing and never swaps"},
	}
}

func counters() []quantity {
	return []quantity{
		{"preemptions", func(r *serving.Reading) *serving.Measure { return &r.Preemptions }, []string{"vllm:num_preemptions_total"},
			"V1 exposes it from 0.8.0, V0 from 0.4.3"},
		{"prompt_tokens", func(r *serving.Reading) *serving.Measure { return &r.PromptTokens }, []string{"vllm:prompt_tokens_total"}, statsOff},
		{"generation_tokens", func(r *serving.Reading) *serving.Measure { return &r.GenerationTokens }, []string{"vllm:generation_tokens_total"}, statsOff},
		{"prefix_query_tokens", func(r *serving.Reading) *serving.Measure { return &r.PrefixQueryTokens },
			[]string{"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"}, "token counts exist from V1 0.7.3"},
		{"prefix_hit_tokens", func(r *serving.Reading) *serving.Measure { return &r.PrefixHitTokens },
			[]string{"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"}, "token counts exist from V1 0.7.3"},
		{"draft_tokens", func(r *serving.Reading) *serving.Measure { return &r.DraftTokens },
			[]string{"vllm:spec_decode_num_draft_tokens_total"}, "exposed only while speculative decoding is on"},
		{"accepted_tokens", func(r *serving.Reading) *serving.Measure { return &r.AcceptedTokens },
			[]string{"vllm:spec_decode_num_accepted_tokens_total"}, "exposed only while speculative decoding is on"},
	}
}

// distribution is a histogram and the families that have carried it.
type distribution struct {
	name  string
	field func(*serving.Reading) **serving.Histogram
	names []string
	why   string
}

func distributions() []distribution {
	return []distribution{
		{"ttft", func(r *serving.Reading) **serving.Histogram { return &r.TTFT }, []string{"vllm:time_to_first_token_seconds"}, statsOff},
		// One observation a step and request under both names; 0.10.2 to 0.11 have both.
		{"itl", func(r *serving.Reading) **serving.Histogram { return &r.ITL },
			[]string{"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"}, statsOff},
		// The older time_per_output_token is a gap between tokens, not a request's
		// mean, so it does not stand in here.
		{"tpot", func(r *serving.Reading) **serving.Histogram { return &r.TPOT },
			[]string{"vllm:request_time_per_output_token_seconds"}, "exposed from 0.11.0; follows from decode time and token counts"},
		{"e2e", func(r *serving.Reading) **serving.Histogram { return &r.E2E }, []string{"vllm:e2e_request_latency_seconds"}, "V1 exposes it from 0.7.3"},
		{"queue", func(r *serving.Reading) **serving.Histogram { return &r.Queue },
			[]string{"vllm:request_queue_time_seconds", "vllm:time_in_queue_requests"}, phasesSince},
		{"prefill", func(r *serving.Reading) **serving.Histogram { return &r.Prefill }, []string{"vllm:request_prefill_time_seconds"}, phasesSince},
		{"decode", func(r *serving.Reading) **serving.Histogram { return &r.Decode }, []string{"vllm:request_decode_time_seconds"}, phasesSince},
		{"prompt_lengths", func(r *serving.Reading) **serving.Histogram { return &r.PromptLengths }, []string{"vllm:request_prompt_tokens"}, statsOff},
		{"output_lengths", func(r *serving.Reading) **serving.Histogram { return &r.OutputLengths }, []string{"vllm:request_generation_tokens"}, statsOff},
	}
}

// Reasons that several quantities share.
const (
	statsOff    = "not on the page; --disable-log-stats removes it"
	phasesSince = "exposed from V0 0.6.4 and V1 0.7.3"
)

// Families read outside the tables.
const (
	nameIterationTokens = "vllm:iteration_tokens_total"
	nameCacheConfig     = "vllm:cache_config_info"
	nameSuccess         = "vllm:request_success_total"
	nameHTTPRequests    = "http_requests_total"
	nameProcessStart    = "process_start_time_seconds"
	nameHitRate         = "vllm:gpu_prefix_cache_hit_rate"
)

func kvUsageNames() []string {
	return []string{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"}
}

// recognised are vLLM's families that no quantity needs: parts of one that is
// read, request parameters, and what only some deployments expose. An entry that
// ends in "_" stands for all names that begin with it.
func recognised() []string {
	return []string{
		"vllm:num_requests_waiting_by_reason",
		"vllm:cpu_cache_usage_perc", "vllm:cpu_prefix_cache_hit_rate", nameHitRate,
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
