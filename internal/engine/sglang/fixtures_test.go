package sglang_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// read scrapes a page as the agent does and translates it.
func read(t *testing.T, page string) serving.Reading {
	t.Helper()
	families, err := scrape.Parse(strings.NewReader(page), "")
	require.NoError(t, err)
	return sglang.New().Read(families)
}

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

func missing(r serving.Reading) []string {
	var out []string
	for _, m := range r.Missing {
		out = append(out, m.Quantity)
	}
	return out
}

func derived(r serving.Reading) map[string]string {
	out := map[string]string{}
	for _, d := range r.Derived {
		out[d.Quantity] = d.How
	}
	return out
}

// page046 is written by hand after the metrics of 0.4.6: names without ranks.
const page046 = `# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{model_name="m"} 12
# TYPE sglang:num_queue_reqs gauge
sglang:num_queue_reqs{model_name="m"} 3
# TYPE sglang:num_grammar_queue_reqs gauge
sglang:num_grammar_queue_reqs{model_name="m"} 2
# TYPE sglang:token_usage gauge
sglang:token_usage{model_name="m"} 0.5
# TYPE sglang:cache_hit_rate gauge
sglang:cache_hit_rate{model_name="m"} 0.9
# TYPE sglang:prompt_tokens_total counter
sglang:prompt_tokens_total{model_name="m"} 1000
# TYPE sglang:generation_tokens_total counter
sglang:generation_tokens_total{model_name="m"} 500
# TYPE sglang:cached_tokens_total counter
sglang:cached_tokens_total{model_name="m"} 250
# TYPE sglang:num_requests_total counter
sglang:num_requests_total{model_name="m"} 40
# TYPE sglang:avg_request_queue_latency gauge
sglang:avg_request_queue_latency{model_name="m"} 0.2
# TYPE sglang:spec_accept_length gauge
sglang:spec_accept_length{model_name="m"} 2.5
# TYPE sglang:inter_token_latency_seconds histogram
sglang:inter_token_latency_seconds_sum{model_name="m"} 9
sglang:inter_token_latency_seconds_bucket{model_name="m",le="0.02"} 300
sglang:inter_token_latency_seconds_bucket{model_name="m",le="+Inf"} 460
sglang:inter_token_latency_seconds_count{model_name="m"} 460
# TYPE sglang:time_to_first_token_seconds histogram
sglang:time_to_first_token_seconds_sum{model_name="m"} 9
sglang:time_to_first_token_seconds_bucket{model_name="m",le="0.1"} 30
sglang:time_to_first_token_seconds_bucket{model_name="m",le="+Inf"} 42
sglang:time_to_first_token_seconds_count{model_name="m"} 42
`

// page053 is after 0.5.3: ranks, retraction only as a gauge with a pid, queue
// times, requests aborted.
const page053 = `# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 4
# TYPE sglang:num_queue_reqs gauge
sglang:num_queue_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0
# TYPE sglang:num_grammar_queue_reqs gauge
sglang:num_grammar_queue_reqs{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0
# TYPE sglang:token_usage gauge
sglang:token_usage{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 0.99
# TYPE sglang:num_retracted_reqs gauge
sglang:num_retracted_reqs{engine_type="unified",model_name="m",pid="57668",pp_rank="0",tp_rank="0"} 2
# TYPE sglang:num_aborted_requests_total counter
sglang:num_aborted_requests_total{model_name="m"} 5
# TYPE sglang:queue_time_seconds histogram
sglang:queue_time_seconds_sum{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 1
sglang:queue_time_seconds_bucket{engine_type="unified",le="0.1",model_name="m",pp_rank="0",tp_rank="0"} 8
sglang:queue_time_seconds_bucket{engine_type="unified",le="+Inf",model_name="m",pp_rank="0",tp_rank="0"} 9
sglang:queue_time_seconds_count{engine_type="unified",model_name="m",pp_rank="0",tp_rank="0"} 9
# TYPE sglang:prompt_tokens_histogram histogram
sglang:prompt_tokens_histogram_sum{model_name="m"} 900
sglang:prompt_tokens_histogram_bucket{le="100.0",model_name="m"} 5
sglang:prompt_tokens_histogram_bucket{le="+Inf",model_name="m"} 9
sglang:prompt_tokens_histogram_count{model_name="m"} 9
`

// page0518 is after 0.5.18 with two data-parallel attention groups on four GPUs,
// all schedulers reporting, priorities, and a server that streams to some.
const page0518 = `# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{dp_rank="0",engine_type="unified",model_name="m",moe_ep_rank="0",pp_rank="0",priority="",tp_rank="0"} 10
sglang:num_running_reqs{dp_rank="0",engine_type="unified",model_name="m",moe_ep_rank="0",pp_rank="0",priority="7",tp_rank="0"} 4
sglang:num_running_reqs{dp_rank="0",engine_type="unified",model_name="m",moe_ep_rank="1",pp_rank="0",priority="",tp_rank="1"} 10
sglang:num_running_reqs{dp_rank="1",engine_type="unified",model_name="m",moe_ep_rank="3",pp_rank="0",priority="",tp_rank="3"} 9
sglang:num_running_reqs{dp_rank="1",engine_type="unified",model_name="m",moe_ep_rank="2",pp_rank="0",priority="",tp_rank="2"} 20
# TYPE sglang:num_queue_reqs gauge
sglang:num_queue_reqs{dp_rank="0",model_name="m",priority="",tp_rank="0"} 1
sglang:num_queue_reqs{dp_rank="1",model_name="m",priority="",tp_rank="2"} 2
# TYPE sglang:num_grammar_queue_reqs gauge
sglang:num_grammar_queue_reqs{dp_rank="0",model_name="m",tp_rank="0"} 4
sglang:num_grammar_queue_reqs{dp_rank="1",model_name="m",tp_rank="2"} 0
# TYPE sglang:token_usage gauge
sglang:token_usage{dp_rank="0",model_name="m",tp_rank="0"} 0.2
sglang:token_usage{dp_rank="0",model_name="m",tp_rank="1"} 0.2
sglang:token_usage{dp_rank="1",model_name="m",tp_rank="2"} 0.6
# TYPE sglang:full_token_usage gauge
sglang:full_token_usage{dp_rank="0",model_name="m",tp_rank="0"} 0.1
# TYPE sglang:max_total_num_tokens gauge
sglang:max_total_num_tokens{dp_rank="0",model_name="m",tp_rank="0"} 100000
sglang:max_total_num_tokens{dp_rank="1",model_name="m",tp_rank="2"} 100000
# TYPE sglang:page_size gauge
sglang:page_size{dp_rank="0",model_name="m",tp_rank="0"} 64
# TYPE sglang:context_len gauge
sglang:context_len{dp_rank="0",model_name="m",tp_rank="0"} 131072
# TYPE sglang:realtime_tokens_total counter
sglang:realtime_tokens_total{dp_rank="0",mode="prefill_compute",model_name="m",tp_rank="0"} 7000
sglang:realtime_tokens_total{dp_rank="0",mode="prefill_compute",model_name="m",tp_rank="1"} 7000
sglang:realtime_tokens_total{dp_rank="0",mode="prefill_cache",model_name="m",tp_rank="0"} 1000
sglang:realtime_tokens_total{dp_rank="0",mode="decode",model_name="m",tp_rank="0"} 4000
sglang:realtime_tokens_total{dp_rank="1",mode="decode",model_name="m",tp_rank="2"} 1000
# TYPE sglang:prefill_effective_tokens_total counter
sglang:prefill_effective_tokens_total{dp_rank="0",mode="input",model_name="m",tp_rank="0"} 6500
sglang:prefill_effective_tokens_total{dp_rank="0",mode="device_hit",model_name="m",tp_rank="0"} 900
sglang:prefill_effective_tokens_total{dp_rank="1",mode="host_hit",model_name="m",tp_rank="2"} 100
# TYPE sglang:prompt_tokens_total counter
sglang:prompt_tokens_total{engine_type="unified",is_streaming="true",model_name="m"} 5000
sglang:prompt_tokens_total{engine_type="unified",is_streaming="false",model_name="m"} 500
# TYPE sglang:generation_tokens_total counter
sglang:generation_tokens_total{engine_type="unified",is_streaming="true",model_name="m"} 3000
# TYPE sglang:cached_tokens_total counter
sglang:cached_tokens_total{cache_source="device",engine_type="unified",model_name="m"} 800
# TYPE sglang:num_requests_total counter
sglang:num_requests_total{engine_type="unified",is_streaming="true",model_name="m"} 60
sglang:num_requests_total{engine_type="unified",is_streaming="false",model_name="m"} 6
# TYPE sglang:num_retracted_requests_total counter
sglang:num_retracted_requests_total{dp_rank="0",model_name="m",priority="",tp_rank="0"} 3
sglang:num_retracted_requests_total{dp_rank="0",model_name="m",priority="",tp_rank="1"} 3
# TYPE sglang:http_responses_total counter
sglang:http_responses_total{endpoint="/v1/chat/completions",method="POST",status_code="200"} 60
sglang:http_responses_total{endpoint="/v1/chat/completions",method="POST",status_code="400"} 7
sglang:http_responses_total{endpoint="/v1/chat/completions",method="POST",status_code="500"} 2
sglang:http_responses_total{endpoint="/generate",method="POST",status_code="503"} 1
sglang:http_responses_total{endpoint="/health",method="GET",status_code="503"} 30
# TYPE sglang:spec_accept_rate gauge
sglang:spec_accept_rate{dp_rank="0",model_name="m",tp_rank="0"} 0.65
# TYPE sglang:spec_accept_length gauge
sglang:spec_accept_length{dp_rank="0",model_name="m",tp_rank="0"} 2.6
# TYPE sglang:time_to_first_token_seconds histogram
sglang:time_to_first_token_seconds_sum{engine_type="unified",is_streaming="true",model_name="m"} 9
sglang:time_to_first_token_seconds_bucket{engine_type="unified",is_streaming="true",le="0.1",model_name="m"} 60
sglang:time_to_first_token_seconds_bucket{engine_type="unified",is_streaming="true",le="+Inf",model_name="m"} 70
sglang:time_to_first_token_seconds_count{engine_type="unified",is_streaming="true",model_name="m"} 70
sglang:time_to_first_token_seconds_sum{engine_type="unified",is_streaming="false",model_name="m"} 1
sglang:time_to_first_token_seconds_bucket{engine_type="unified",is_streaming="false",le="0.1",model_name="m"} 8
sglang:time_to_first_token_seconds_bucket{engine_type="unified",is_streaming="false",le="+Inf",model_name="m"} 8
sglang:time_to_first_token_seconds_count{engine_type="unified",is_streaming="false",model_name="m"} 8
# TYPE sglang:e2e_request_latency_seconds histogram
sglang:e2e_request_latency_seconds_sum{engine_type="unified",model_name="m"} 99
sglang:e2e_request_latency_seconds_bucket{engine_type="unified",le="10.0",model_name="m"} 66
sglang:e2e_request_latency_seconds_bucket{engine_type="unified",le="+Inf",model_name="m"} 66
sglang:e2e_request_latency_seconds_count{engine_type="unified",model_name="m"} 66
`
