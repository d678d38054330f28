package sglang

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// prefix of all that SGLang itself exposes.
const prefix = "sglang:"

// Families read outside the table.
const (
	nameQueued    = "sglang:num_queue_reqs"
	nameGrammar   = "sglang:num_grammar_queue_reqs"
	nameEffective = "sglang:prefill_effective_tokens_total"
	nameRealtime  = "sglang:realtime_tokens_total"
	namePrompt    = "sglang:prompt_tokens_total"
	nameGenerated = "sglang:generation_tokens_total"
	nameCached    = "sglang:cached_tokens_total"
	nameFinished  = "sglang:num_requests_total"
	nameRetracted = "sglang:num_retracted_requests_total"
	nameCacheInfo = "sglang:cache_config_info"
)

// Reasons that several quantities share.
const (
	notYet     = "gauges appear with the first batch; the page needs --enable-metrics"
	nothingYet = "it appears with the first request that ends"
	lengthsOff = "exposed from 0.4.6.post4 with --collect-tokens-histogram"
	noReasons  = "it appears with the first request that ends; SGLang never says why requests end"
)

// metrics holds the names of python/sglang/srt/observability/metrics_collector.py
// (srt/metrics/collector.py before 0.5.10) and of the schedulers' and tokenizer's
// reporters, at all tags from 0.4.0 to 0.5.18.
func metrics() mapping.Table {
	return mapping.Table{
		Engine: serving.SGLang, Prefix: prefix,
		Quantities:    slices.Concat(gauges(), counters()),
		Distributions: distributions(),
		Others:        others(),
	}
}

func gauges() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "running", Field: func(r *serving.Reading) *serving.Measure { return &r.Running }, Type: engine.TypeGauge,
			Families: []string{"sglang:num_running_reqs"}, Why: notYet},
		{Name: "waiting", Field: func(r *serving.Reading) *serving.Measure { return &r.Waiting }, Type: engine.TypeGauge,
			Families: []string{nameQueued}, Why: notYet},
		// Of hybrid models token_usage is the fullest of the pools, which is the one
		// that stops requests; full_token_usage is the attention pool alone.
		{Name: "kv_usage", Field: func(r *serving.Reading) *serving.Measure { return &r.KVUsage }, Type: engine.TypeGauge, Combine: mapping.Mean,
			Families: []string{"sglang:token_usage", "sglang:full_token_usage"}, Why: notYet},
		{Name: "kv_capacity_tokens", Field: func(r *serving.Reading) *serving.Measure { return &r.KVCapacityTokens }, Type: engine.TypeGauge,
			Families: []string{"sglang:max_total_num_tokens"}, Why: "exposed from 0.5.6; /get_server_info has it before"},
		{Name: "process_started_unix", Field: func(r *serving.Reading) *serving.Measure { return &r.ProcessStartedUnix }, Type: engine.TypeGauge, Combine: mapping.First,
			Families: []string{"process_start_time_seconds"}, Why: "several processes share the page; a restart shows in counters that fall"},
	}
}

func counters() []mapping.Quantity {
	return []mapping.Quantity{
		{Name: "preemptions", Field: func(r *serving.Reading) *serving.Measure { return &r.Preemptions }, Type: engine.TypeCounter,
			Families: []string{nameRetracted}, Why: "exposed from 0.5.7; the gauges of older versions forget between scrapes"},
		{Name: "errors", Field: func(r *serving.Reading) *serving.Measure { return &r.Errors }, Type: engine.TypeCounter, NoneIsZero: true, Where: failedRequest,
			Families: []string{"sglang:http_responses_total"}, Why: "exposed from 0.5.6.post2, after the first answer"},
	}
}

// failedRequest picks answers of 5xx to requests for a completion: /health is
// answered 503 while the server starts.
func failedRequest(labels map[string]string) bool {
	for _, route := range []string{"/health", "/health_generate", "/metrics"} {
		if labels["endpoint"] == route {
			return false
		}
	}
	return strings.HasPrefix(labels["status_code"], "5")
}

func distributions() []mapping.Distribution {
	return []mapping.Distribution{
		{Name: "ttft", Field: func(r *serving.Reading) **serving.Histogram { return &r.TTFT },
			Families: []string{"sglang:time_to_first_token_seconds"}, Why: "it appears with the first token"},
		// Both are gaps between tokens, weighted by tokens.
		{Name: "itl", Field: func(r *serving.Reading) **serving.Histogram { return &r.ITL },
			Families: []string{"sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds"}, Why: "it appears with the second token"},
		{Name: "e2e", Field: func(r *serving.Reading) **serving.Histogram { return &r.E2E },
			Families: []string{"sglang:e2e_request_latency_seconds"}, Why: nothingYet},
		{Name: "queue", Field: func(r *serving.Reading) **serving.Histogram { return &r.Queue },
			Families: []string{"sglang:queue_time_seconds", "sglang:queue_time_s"}, Why: "exposed from 0.5.2, after the first request"},
		{Name: "prompt_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.PromptLengths },
			Families: []string{"sglang:prompt_tokens_histogram"}, Why: lengthsOff},
		{Name: "output_lengths", Field: func(r *serving.Reading) **serving.Histogram { return &r.OutputLengths },
			Families: []string{"sglang:generation_tokens_histogram"}, Why: lengthsOff},
	}
}

// never are the quantities that no version exposes.
func never() []serving.Missing {
	const (
		gauges = "acceptance is shown only as gauges of the last log interval, spec_accept_rate and spec_accept_length; nothing counts drafted tokens"
		stages = "per_stage_req_latency_seconds counts the chunks of a long prompt apart, so no stage is the whole phase"
	)
	return []serving.Missing{
		{Quantity: "swapped", Reason: "SGLang retracts requests and computes them again, it never swaps"},
		{Quantity: "draft_tokens", Reason: gauges},
		{Quantity: "accepted_tokens", Reason: gauges},
		{Quantity: "engine_steps", Reason: "SGLang does not count its steps"},
		{Quantity: "tpot", Reason: "SGLang has gaps between tokens and no mean of each request"},
		{Quantity: "prefill", Reason: stages},
		{Quantity: "decode", Reason: stages},
	}
}
