package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/recorded"
)

func servedVLLM() *prometheus.Registry {
	r := prometheus.NewRegistry()
	e := metrics.NewVLLM(r, "m", 4096)
	request := &sched.Request{Prompt: make([]sched.Token, 100), Generated: 5, Times: sched.Times{Arrived: 1, LastToken: 3}}
	e.Step(sched.Stats{Running: 3, Blocks: 10, Used: 5, Preemptions: 4}, []sched.Emission{{Request: request}})
	e.Finished(request, "length", 5)
	return r
}

func TestPage_CounterReset_StartsAgainAtZeroAndGoesOn(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewVLLM(r, "m", 4096)
	e.Step(sched.Stats{Running: 3, Blocks: 10, Used: 5, Preemptions: 4}, nil)
	request := &sched.Request{Prompt: make([]sched.Token, 100), Generated: 5, Times: sched.Times{LastToken: 3}}
	e.Finished(request, "stop", 5)
	page := metrics.NewPage(r)
	require.NoError(t, page.ResetCounters())
	families := parse(t, text(t, page))
	require.Zero(t, value(t, families, "vllm:num_preemptions_total"))
	require.Zero(t, value(t, families, "vllm:e2e_request_latency_seconds"))
	require.Zero(t, count(families, "vllm:e2e_request_latency_seconds"))
	for _, b := range families["vllm:e2e_request_latency_seconds"].Metric[0].Histogram.Bucket {
		require.Zero(t, b.GetCumulativeCount())
	}
	require.EqualValues(t, 3, value(t, families, "vllm:num_requests_running"), "a gauge stays")

	e.Step(sched.Stats{Blocks: 10, Preemptions: 6}, nil)
	e.Finished(request, "stop", 5)
	families = parse(t, text(t, page))
	require.EqualValues(t, 2, value(t, families, "vllm:num_preemptions_total"))
	require.EqualValues(t, 1, count(families, "vllm:e2e_request_latency_seconds"))
}

func TestPage_CounterReset_OfASummaryAndOfSeriesThatCameLater(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e, traffic := metrics.NewTGI(r, 511, 512), metrics.NewTGITraffic(r, 511, 512)
	e.Step(sched.Stats{Running: 1, Blocks: 40, Steps: 1}, make([]sched.Emission, 7))
	page := metrics.NewPage(r)
	require.NoError(t, page.ResetCounters())
	traffic.Asked("/generate")
	families := parse(t, text(t, page))
	require.Zero(t, families["tgi_request_skipped_tokens"].Metric[0].GetSummary().GetSampleCount())
	require.EqualValues(t, 1, value(t, families, "tgi_request_count"))
}

func TestPage_HiddenFamilyAndMissingPage(t *testing.T) {
	t.Parallel()
	page := metrics.NewPage(servedVLLM())
	page.SetHidden(func(family string) bool { return family == "vllm:kv_cache_usage_perc" })
	families := parse(t, text(t, page))
	require.NotContains(t, families, "vllm:kv_cache_usage_perc")
	require.Contains(t, families, "vllm:num_requests_running")
	page.SetGone(true)
	recorder := httptest.NewRecorder()
	page.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 404, recorder.Code)
	page.SetGone(false)
	require.Contains(t, parse(t, text(t, page)), "vllm:num_requests_running")
}

func TestPage_TellsCreation_BesideCountersAndHistograms(t *testing.T) {
	t.Parallel()
	families := parse(t, text(t, metrics.NewPage(servedVLLM()).TellsCreation(time.Unix(1700000000, 0))))
	for _, name := range []string{"vllm:prompt_tokens_created", "vllm:iteration_tokens_total_created", "vllm:request_success_created"} {
		require.EqualValues(t, 1700000000, value(t, families, name), name)
	}
	require.Len(t, families["vllm:request_success_created"].Metric, 5)
	require.NotContains(t, families, "vllm:num_requests_running_created")
}

func TestVLLM_NamesTypesAndBuckets_AreThoseOfARecordedPage(t *testing.T) {
	t.Parallel()
	real := parse(t, string(recorded.Read(t, "metrics", "vllm-0.11.0-V1-hardware-aware-router.txt")))
	r := prometheus.NewRegistry()
	metrics.NewVLLM(r, "m", 4096)
	metrics.NewVLLMTraffic(r)
	ours := parse(t, text(t, metrics.NewPage(r).TellsCreation(time.Unix(1, 0))))
	for name, want := range real {
		gone := strings.HasPrefix(name, "vllm:time_per_output_token_seconds") // hidden from 0.12 on
		if gone || !strings.HasPrefix(name, "vllm:") || name == "vllm:cache_config_info" {
			continue
		}
		require.Contains(t, ours, name)
		require.Equal(t, want.GetType(), ours[name].GetType(), name)
		if !strings.Contains(name, "request_") { // those of tokens follow --max-model-len
			require.Equal(t, bounds(want), bounds(ours[name]), name)
		}
	}
}

func TestPage_Spoilt_IsShortAndNoLongerWhatItWas(t *testing.T) {
	t.Parallel()
	page := metrics.NewPage(servedVLLM())
	whole := text(t, page)
	page.SetBad(0, true)
	spoilt := text(t, page)
	require.NotEqual(t, whole[:len(spoilt)], spoilt)
	require.LessOrEqual(t, len(spoilt), 6<<10)
	require.Equal(t, spoilt, text(t, page), "the same bytes are spoilt each time")
	page.SetBad(0, false)
	require.Equal(t, whole, text(t, page))
}

func TestPage_Late_WaitsUnlessTheScraperLeaves(t *testing.T) {
	t.Parallel()
	page := metrics.NewPage(servedVLLM())
	page.SetBad(time.Hour, false)
	gone, leave := context.WithCancel(t.Context())
	leave()
	page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodGet, "/metrics", nil))
	page.SetBad(20*time.Millisecond, false)
	began := time.Now()
	require.NotEmpty(t, text(t, page))
	require.GreaterOrEqual(t, time.Since(began), 20*time.Millisecond)
}
