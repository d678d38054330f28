package metrics_test

import (
	"math"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func model8B(t *testing.T) perfmodel.Model {
	t.Helper()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"}
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
	require.NoError(t, err)
	return m
}

func newSGLang(t *testing.T) (*metrics.SGLang, *prometheus.Registry) {
	t.Helper()
	r := prometheus.NewRegistry()
	return metrics.NewSGLang(r, "served/name", model8B(t), 3, 4711), r
}

func TestSGLang_AtTheStart_OnlyConstantsAreThere(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	g.Step(sched.Stats{Blocks: 100}, nil)
	families := scrape(t, r)
	m := model8B(t)
	require.EqualValues(t, m.KVBlocks()*16, value(t, families, "sglang:max_total_num_tokens"))
	require.EqualValues(t, 131072, value(t, families, "sglang:context_len"))
	require.Positive(t, value(t, families, "sglang:startup_available_gpu_memory_gb"))
	require.NotContains(t, families, "sglang:num_running_reqs")
	require.NotContains(t, families, "sglang:num_requests_total")
	g.SetStartup(3, 8)
	require.EqualValues(t, 8, value(t, scrape(t, r), "sglang:engine_startup_time"))
}

func TestSGLang_Gauges_AreWrittenWithPrefillsAndEverySoManyDecodeSteps(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	running := func() float64 { return value(t, scrape(t, r), "sglang:num_running_reqs") }
	state := sched.Stats{Running: 2, Waiting: 3, Blocks: 1000, Used: 123, Evictable: 77, PrefixQueries: 100, PrefixHits: 25,
		Steps: 1, Last: sched.Step{Seconds: .1, Admitted: 2, Prefills: 2, Prompt: 75}}
	g.Step(state, nil)
	families := scrape(t, r)
	for name, want := range map[string]float64{
		"sglang:num_running_reqs": 2, "sglang:num_queue_reqs": 3, "sglang:token_usage": .12, "sglang:full_token_usage": .123,
		"sglang:num_used_tokens": 123 * 16, "sglang:kv_used_tokens": 123 * 16, "sglang:kv_evictable_tokens": 77 * 16,
		"sglang:kv_available_tokens": 800 * 16, "sglang:cache_hit_rate": .25, "sglang:gen_throughput": 0, "sglang:spec_accept_length": 0,
	} {
		require.InDelta(t, want, value(t, families, name), 1e-9, name)
	}
	require.True(t, math.IsNaN(value(t, families, "sglang:fwd_occupancy")), "not measured unless asked for")
	require.EqualValues(t, 75, value(t, families, "sglang:realtime_tokens_total", "mode", "prefill_compute"))
	require.EqualValues(t, 25, value(t, families, "sglang:realtime_tokens_total", "mode", "prefill_cache"))

	for step := 2; step <= 4; step++ {
		require.EqualValues(t, 2, running(), "as it was at the last writing")
		state.Running, state.Steps, state.Last = 4, step, sched.Step{Seconds: .01, Decodes: 4}
		g.Step(state, nil)
	}
	families = scrape(t, r)
	require.EqualValues(t, 4, running())
	require.InDelta(t, 400, value(t, families, "sglang:gen_throughput"), 1e-6)
	require.EqualValues(t, 12, value(t, families, "sglang:realtime_tokens_total", "mode", "decode"))
	require.Zero(t, value(t, families, "sglang:cache_hit_rate"), "every decode report says 0")
	require.EqualValues(t, 1, value(t, families, "sglang:is_cuda_graph"))
	require.EqualValues(t, 3, value(t, families, "sglang:cuda_graph_passes_total", "mode", "decode_cuda_graph"))

	state.Running, state.Waiting = 0, 0
	g.Step(state, nil)
	require.Zero(t, running())
	require.Zero(t, value(t, scrape(t, r), "sglang:gen_throughput"))
}

func TestSGLang_Speculation_GapsAreTimesForAToken(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	request := &sched.Request{Prompt: make([]sched.Token, 4)}
	g.Step(sched.Stats{Running: 1, Blocks: 10, Steps: 1, Last: sched.Step{Prefills: 1}}, []sched.Emission{{Request: request}})
	for i := range 3 {
		g.Step(sched.Stats{Running: 1, Blocks: 10, Steps: 2 + i, NewTokenRatio: .5, Drafts: 1 + i, DraftTokens: 4 + 4*i, AcceptedTokens: 2 + 2*i, Last: sched.Step{Decodes: 1, Drafts: 4, Seconds: .03}},
			[]sched.Emission{{Request: request, Index: 1, GapSeconds: .03}, {Request: request, Index: 2, Accepted: true}, {Request: request, Index: 3, Accepted: true}})
	}
	families := scrape(t, r)
	require.EqualValues(t, 9, count(families, "sglang:inter_token_latency_seconds"))
	require.InDelta(t, .09, value(t, families, "sglang:inter_token_latency_seconds"), 1e-9)
	require.EqualValues(t, 9, value(t, families, "sglang:realtime_tokens_total", "mode", "decode"))
	require.InDelta(t, 100, value(t, families, "sglang:gen_throughput"), 1e-6)
	require.EqualValues(t, 3, value(t, families, "sglang:spec_accept_length"))
	require.EqualValues(t, .5, value(t, families, "sglang:spec_accept_rate"))
	require.EqualValues(t, .5, value(t, families, "sglang:new_token_ratio"))
}

func TestSGLang_Retractions_AreCountedWithTheirTokens(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	g.Step(sched.Stats{Running: 1, Blocks: 10, Used: 9, Preemptions: 2, PreemptedPrompt: 300, PreemptedOutput: 40,
		Steps: 1, Last: sched.Step{Prefills: 1, Prompt: 5, Seconds: 1}}, nil)
	families := scrape(t, r)
	require.EqualValues(t, 2, value(t, families, "sglang:num_retracted_requests_total"))
	require.EqualValues(t, 300, value(t, families, "sglang:num_retracted_input_tokens_total"))
	require.EqualValues(t, 40, value(t, families, "sglang:num_retracted_output_tokens_total"))
	require.EqualValues(t, 2, value(t, families, "sglang:num_retracted_reqs", "pid", "4711"), "since the last report")
}

func TestSGLang_Requests_AreCountedAtTheirEnd(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	request := &sched.Request{Prompt: make([]sched.Token, 100), Cached: 30,
		Times: sched.Times{Arrived: 1, Queued: 1.1, Scheduled: 1.5, FirstToken: 2, LastToken: 2}}
	g.Step(sched.Stats{Running: 1, Blocks: 10, Steps: 1, Last: sched.Step{Prefills: 1, Prompt: 70, Seconds: .5}}, []sched.Emission{{Request: request}})
	families := scrape(t, r)
	require.InDelta(t, 1, value(t, families, "sglang:time_to_first_token_seconds"), 1e-9)
	require.InDelta(t, .4, value(t, families, "sglang:queue_time_seconds"), 1e-9)
	require.NotContains(t, families, "sglang:num_requests_total", "not before its end")

	request.Times.LastToken, request.Generated = 2.05, 2
	g.Step(sched.Stats{Blocks: 10, Steps: 2, Last: sched.Step{Decodes: 1, Seconds: .05}}, []sched.Emission{{Request: request, Index: 1, GapSeconds: .05, Last: true}})
	g.Finished(request, "length", 2)
	families = scrape(t, r)
	for name, want := range map[string]float64{
		"sglang:num_requests_total": 1, "sglang:prompt_tokens_total": 100, "sglang:generation_tokens_total": 2,
		"sglang:cached_tokens_total": 30, "sglang:inter_token_latency_seconds": .05, "sglang:e2e_request_latency_seconds": 1.05,
		"sglang:prompt_tokens_histogram": 100, "sglang:uncached_prompt_tokens_histogram": 70, "sglang:generation_tokens_histogram": 2,
	} {
		require.InDelta(t, want, value(t, families, name), 1e-9, name)
		require.Equal(t, []string{"engine_type", "model_name"}, without(labelNames(families[name]), "cache_source"), name)
	}
	require.Equal(t, []string{"engine_type", "model_name", "moe_ep_rank", "pp_rank", "tp_rank"}, labelNames(families["sglang:num_running_reqs"]))
}

func without(list []string, name string) []string {
	var out []string
	for _, l := range list {
		if l != name {
			out = append(out, l)
		}
	}
	return out
}

func TestSGLang_Buckets_AreThoseOfSGLang(t *testing.T) {
	t.Parallel()
	g, r := newSGLang(t)
	request := &sched.Request{Prompt: make([]sched.Token, 1), Generated: 1}
	g.Step(sched.Stats{Blocks: 10, Steps: 1}, []sched.Emission{{Request: request}, {Request: request, Index: 1}})
	g.Finished(request, "length", 1)
	families := scrape(t, r)
	require.Equal(t, []float64{.1, .2, .4, .6, .8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400}, bounds(families["sglang:time_to_first_token_seconds"]))
	require.Equal(t, []float64{400, 600, 1200, 1800, 2400}, bounds(families["sglang:e2e_request_latency_seconds"])[17:])
	require.Equal(t, []float64{.002, .004, .006, .008, .01}, bounds(families["sglang:inter_token_latency_seconds"])[:5])
	queue := bounds(families["sglang:queue_time_seconds"])
	require.Len(t, queue, 40)
	require.Equal(t, []float64{0, .001}, queue[:2])
	require.Equal(t, 3000.0, queue[39])
	require.Len(t, bounds(families["sglang:per_stage_req_latency_seconds"]), 30)
	require.Len(t, bounds(families["sglang:prompt_tokens_histogram"]), 35)
}

func TestSGLangTraffic_CountsByFullStatusAndWhatIsActive(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	traffic := metrics.NewSGLangTraffic(r, "m")
	ended := traffic.Began("/generate", "POST")
	traffic.Began("/generate", "POST")
	ended(400, 0, 0)
	traffic.Failed("dropped")
	traffic.Failed("validation")
	families := scrape(t, r)
	require.EqualValues(t, 2, value(t, families, "sglang:http_requests_total", "endpoint", "/generate", "method", "POST"))
	require.EqualValues(t, 1, value(t, families, "sglang:http_responses_total", "status_code", "400"))
	require.EqualValues(t, 1, value(t, families, "sglang:http_requests_active"))
	require.EqualValues(t, 1, value(t, families, "sglang:num_aborted_requests_total"))
	require.Equal(t, dto.MetricType_COUNTER, families["sglang:http_requests_total"].GetType())
}
