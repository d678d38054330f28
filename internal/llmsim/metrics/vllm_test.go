package metrics_test

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The names and types are those of the engine reference, read in vLLM's source.
func TestVLLM_FreshPage_HasTheNamesAndTypesOfVLLM(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	metrics.NewVLLM(r, "served/name", 8192)
	families := scrape(t, r)
	for name, kind := range map[string]dto.MetricType{
		"vllm:num_requests_running": dto.MetricType_GAUGE, "vllm:num_requests_waiting": dto.MetricType_GAUGE,
		"vllm:num_requests_waiting_by_reason": dto.MetricType_GAUGE, "vllm:kv_cache_usage_perc": dto.MetricType_GAUGE,
		"vllm:prefix_cache_queries_total": dto.MetricType_COUNTER, "vllm:prefix_cache_hits_total": dto.MetricType_COUNTER,
		"vllm:num_preemptions_total": dto.MetricType_COUNTER, "vllm:prompt_tokens_total": dto.MetricType_COUNTER,
		"vllm:prompt_tokens_by_source_total": dto.MetricType_COUNTER, "vllm:prompt_tokens_cached_total": dto.MetricType_COUNTER,
		"vllm:generation_tokens_total": dto.MetricType_COUNTER, "vllm:request_success_total": dto.MetricType_COUNTER,
		"vllm:iteration_tokens_total": dto.MetricType_HISTOGRAM, "vllm:time_to_first_token_seconds": dto.MetricType_HISTOGRAM,
		"vllm:inter_token_latency_seconds": dto.MetricType_HISTOGRAM, "vllm:request_time_per_output_token_seconds": dto.MetricType_HISTOGRAM,
		"vllm:e2e_request_latency_seconds": dto.MetricType_HISTOGRAM, "vllm:request_queue_time_seconds": dto.MetricType_HISTOGRAM,
		"vllm:request_inference_time_seconds": dto.MetricType_HISTOGRAM, "vllm:request_prefill_time_seconds": dto.MetricType_HISTOGRAM,
		"vllm:request_decode_time_seconds": dto.MetricType_HISTOGRAM, "vllm:request_prompt_tokens": dto.MetricType_HISTOGRAM,
		"vllm:request_generation_tokens": dto.MetricType_HISTOGRAM, "vllm:request_max_num_generation_tokens": dto.MetricType_HISTOGRAM,
		"vllm:request_params_max_tokens": dto.MetricType_HISTOGRAM, "vllm:request_params_n": dto.MetricType_HISTOGRAM,
		"vllm:request_prefill_kv_computed_tokens": dto.MetricType_HISTOGRAM,
	} {
		require.Contains(t, families, name)
		require.Equal(t, kind, families[name].GetType(), name)
		require.True(t, has(families[name].Metric[0], []string{"model_name", "served/name", "engine", "0"}), name)
	}
	require.Zero(t, value(t, families, "vllm:request_success_total", "finished_reason", "length"), "present before the first request")
}

func TestVLLM_Buckets_AreThoseOfVLLM(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	metrics.NewVLLM(r, "m", 4096)
	families := scrape(t, r)
	for name, want := range map[string][]float64{
		"vllm:time_to_first_token_seconds": {.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560},
		"vllm:inter_token_latency_seconds": {.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80},
		"vllm:request_queue_time_seconds":  {.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680},
		"vllm:request_prompt_tokens":       {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000},
		"vllm:iteration_tokens_total":      {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384},
	} {
		var got []float64
		for _, b := range families[name].Metric[0].Histogram.Bucket {
			if !math.IsInf(b.GetUpperBound(), 1) {
				got = append(got, b.GetUpperBound())
			}
		}
		require.Equal(t, want, got, name)
	}
}

func TestVLLM_StepsAndEnds_AreAccounted(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewVLLM(r, "m", 4096)
	request := &sched.Request{Prompt: make([]sched.Token, 100), Cached: 32,
		Times: sched.Times{Arrived: 1, Queued: 1.1, Scheduled: 1.5, FirstToken: 2, LastToken: 2}}
	e.Step(sched.Stats{Running: 3, Waiting: 2, Blocks: 10, Used: 5, Preemptions: 1, PrefixQueries: 100, PrefixHits: 32, StepTokens: 101},
		[]sched.Emission{{Request: request}})
	request.Times.LastToken, request.Generated = 4, 5
	e.Step(sched.Stats{Running: 1, Blocks: 10, Used: 1, Preemptions: 3, PrefixQueries: 100, PrefixHits: 32, StepTokens: 1},
		[]sched.Emission{{Request: request, Index: 1, GapSeconds: 0.02}})
	e.Finished(request, "length", 64)
	e.Step(sched.Stats{Blocks: 10, Preemptions: 3, PrefixQueries: 100, PrefixHits: 32}, nil)
	e.Lost(0.25)

	families := scrape(t, r)
	for name, want := range map[string]float64{
		"vllm:num_requests_running": 0, "vllm:kv_cache_usage_perc": 0, "vllm:num_preemptions_total": 3,
		"vllm:prefix_cache_queries_total": 100, "vllm:prefix_cache_hits_total": 32,
		"vllm:prompt_tokens_total": 100, "vllm:prompt_tokens_cached_total": 32, "vllm:generation_tokens_total": 2,
		"vllm:iteration_tokens_total": 102, "vllm:time_to_first_token_seconds": 1, "vllm:inter_token_latency_seconds": 0.02,
		"vllm:e2e_request_latency_seconds": 3, "vllm:request_queue_time_seconds": 0.4, "vllm:request_prefill_time_seconds": 0.5,
		"vllm:request_decode_time_seconds": 2, "vllm:request_inference_time_seconds": 2.5,
		"vllm:request_time_per_output_token_seconds": 0.5, "vllm:request_params_max_tokens": 64,
		"vllm:request_prefill_kv_computed_tokens": 68, "llmsim_time_lost_seconds_total": 0.25,
	} {
		require.InDelta(t, want, value(t, families, name), 1e-9, name)
	}
	require.EqualValues(t, 2, count(families, "vllm:iteration_tokens_total"), "an idle look at the state is no step")
	require.EqualValues(t, 1, value(t, families, "vllm:request_success_total", "finished_reason", "length"))
	require.EqualValues(t, 68, value(t, families, "vllm:prompt_tokens_by_source_total", "source", "local_compute"))
}

func TestRegisterVLLMCacheConfig_TellsTheResolvedCache(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"}.
		With("--gpu-memory-utilization", "0.5").With("--enable-prefix-caching", "false")
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
	require.NoError(t, err)
	r := prometheus.NewRegistry()
	metrics.RegisterVLLMCacheConfig(r, m, "fp8")
	info := scrape(t, r)["vllm:cache_config_info"]
	require.True(t, has(info.Metric[0], []string{
		"engine", "0", "block_size", "16", "cache_dtype", "fp8", "gpu_memory_utilization", "0.5",
		"enable_prefix_caching", "False", "kv_cache_memory_bytes", "None",
	}), "%v", info)
	require.EqualValues(t, 1, info.Metric[0].GetGauge().GetValue())
}

func TestVLLM_Speculation_IsCountedByPositionAndNotInTheGaps(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewVLLM(r, "m", 4096)
	require.NotContains(t, scrape(t, r), "vllm:spec_decode_num_drafts_total", "off")
	request := &sched.Request{}
	now := sched.Stats{Running: 1, Blocks: 10, Drafts: 1, DraftTokens: 3, AcceptedTokens: 2, Last: sched.Step{Decodes: 1, Drafts: 3}}
	now.AcceptedAt[0], now.AcceptedAt[1] = 1, 1
	e.Step(now, []sched.Emission{{Request: request, Index: 7, GapSeconds: .02}, {Request: request, Index: 8, Accepted: true}, {Request: request, Index: 9, Accepted: true}})
	families := scrape(t, r)
	require.EqualValues(t, 1, count(families, "vllm:inter_token_latency_seconds"), "one for the step")
	require.EqualValues(t, 3, value(t, families, "vllm:generation_tokens_total"))
	require.EqualValues(t, 1, value(t, families, "vllm:spec_decode_num_drafts_total"))
	require.EqualValues(t, 3, value(t, families, "vllm:spec_decode_num_draft_tokens_total"))
	require.EqualValues(t, 2, value(t, families, "vllm:spec_decode_num_accepted_tokens_total"))
	for position, want := range map[string]float64{"0": 1, "1": 1, "2": 0} {
		require.EqualValues(t, want, value(t, families, "vllm:spec_decode_num_accepted_tokens_per_pos_total", "position", position))
	}
}

func TestVLLM_Choices_AreOneRequestOfThatMany(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewVLLM(r, "m", 4096)
	for i := range 3 {
		e.Finished(&sched.Request{Prompt: make([]sched.Token, 5), Generated: 7, Choice: i, Choices: 3}, "length", 7)
	}
	families := scrape(t, r)
	require.EqualValues(t, 1, count(families, "vllm:request_params_n"))
	require.EqualValues(t, 3, value(t, families, "vllm:request_params_n"))
	require.EqualValues(t, 3, count(families, "vllm:request_generation_tokens"))
}

func TestVLLMTraffic_CountsByStatusClassAndSize(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	traffic := metrics.NewVLLMTraffic(r)
	for _, status := range []int{200, 404, 500, 503} {
		traffic.Began("/v1/completions", "POST")(status, 100, 10)
	}
	families := scrape(t, r)
	require.EqualValues(t, 1, value(t, families, "http_requests_total", "handler", "/v1/completions", "method", "POST", "status", "2xx"))
	require.EqualValues(t, 1, value(t, families, "http_requests_total", "status", "4xx"))
	require.EqualValues(t, 2, value(t, families, "http_requests_total", "status", "5xx"))
	require.EqualValues(t, 400, families["http_request_size_bytes"].Metric[0].GetSummary().GetSampleSum())
	require.EqualValues(t, 4, count(families, "http_request_duration_highr_seconds"))
	require.InDelta(t, float64(time.Now().Unix()), value(t, families, "process_start_time_seconds"), 3600)
}
