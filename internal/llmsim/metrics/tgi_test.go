package metrics_test

import (
	"math"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/recorded"
)

// servedTGI is an engine that has answered one request of 100 tokens in two
// steps and is at work on another.
func servedTGI() *prometheus.Registry {
	r := prometheus.NewRegistry()
	t, traffic := metrics.NewTGI(r, 511, 512), metrics.NewTGITraffic(r, 511, 512)
	traffic.Asked("/generate")
	traffic.Accepted(100, 64)
	request := &sched.Request{Prompt: make([]sched.Token, 100), Times: sched.Times{Arrived: 1, Queued: 1.1, Scheduled: 1.5, FirstToken: 2, LastToken: 2}}
	t.Step(sched.Stats{Running: 1, Waiting: 1, Blocks: 40, Used: 11, Reserved: 176, Steps: 1, Last: sched.Step{Seconds: .5, Admitted: 1, Prefills: 1, Prompt: 100}},
		[]sched.Emission{{Request: request}})
	request.Times.LastToken, request.Generated = 2.03, 2
	t.Step(sched.Stats{Running: 1, Blocks: 40, Used: 5, Reserved: 80, Steps: 2, Last: sched.Step{Seconds: .03, Decodes: 1, Admitted: 1, Joined: sched.JoinedByChunking}},
		[]sched.Emission{{Request: request, Index: 1, GapSeconds: .03, Last: true}})
	t.Finished(request, "length", 64)
	return r
}

func TestTGI_BeforeTheFirstRequest_ThePageIsEmpty(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	engine := metrics.NewTGI(r, 511, 512)
	metrics.NewTGITraffic(r, 511, 512)
	engine.Step(sched.Stats{Blocks: 40}, nil)
	require.Empty(t, scrape(t, r))
}

func TestTGI_StepsAndEnds_AreAccounted(t *testing.T) {
	t.Parallel()
	families := scrape(t, servedTGI())
	for name, want := range map[string]float64{
		"tgi_queue_size": 0, "tgi_batch_current_size": 1, "tgi_batch_current_max_tokens": 80,
		"tgi_request_count": 1, "tgi_request_success": 1, "tgi_request_input_length": 100, "tgi_request_max_new_tokens": 64,
		"tgi_request_generated_tokens": 2, "tgi_request_duration": 1.03, "tgi_request_validation_duration": .1,
		"tgi_request_queue_duration": .4, "tgi_request_inference_duration": .53,
		"tgi_request_mean_time_per_token_duration": .265, "tgi_batch_next_size": 2,
	} {
		require.InDelta(t, want, value(t, families, name), 1e-9, name)
	}
	for method, seconds := range map[string]float64{"prefill": .5, "decode": .03} {
		require.EqualValues(t, 1, value(t, families, "tgi_batch_inference_count", "method", method))
		require.EqualValues(t, 1, value(t, families, "tgi_batch_inference_success", "method", method))
		require.InDelta(t, seconds, value(t, families, "tgi_batch_inference_duration", "method", method), 1e-9)
		require.InDelta(t, seconds, value(t, families, "tgi_batch_forward_duration", "method", method), 1e-9)
	}
	require.EqualValues(t, 1, value(t, families, "tgi_batch_concat", "reason", "chunking"), "the second was merged into a running batch")
	skipped := families["tgi_request_skipped_tokens"]
	require.Equal(t, dto.MetricType_SUMMARY, skipped.GetType())
	require.EqualValues(t, 2, skipped.Metric[0].GetSummary().GetSampleCount())
}

func TestTGI_Speculation_ShowsAsSkippedTokens(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewTGI(r, 511, 512)
	a, b := &sched.Request{}, &sched.Request{}
	e.Step(sched.Stats{Running: 2, Blocks: 40, Steps: 1, Last: sched.Step{Decodes: 2}}, []sched.Emission{
		{Request: a, Index: 4}, {Request: a, Index: 5, Accepted: true}, {Request: a, Index: 6, Accepted: true}, {Request: b, Index: 2}})
	skipped := scrape(t, r)["tgi_request_skipped_tokens"].Metric[0].GetSummary()
	require.EqualValues(t, 2, skipped.GetSampleCount())
	require.EqualValues(t, 2, skipped.GetSampleSum())
	for _, q := range skipped.Quantile {
		want := 0.0
		if q.GetQuantile() > .5 {
			want = 2
		}
		require.Equal(t, want, q.GetValue(), q.GetQuantile())
	}
}

func TestTGI_AnIdleLook_IsNoStep(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	e := metrics.NewTGI(r, 511, 512)
	after := sched.Stats{Blocks: 40, Steps: 1, Last: sched.Step{Seconds: 1, Prefills: 1}}
	e.Step(after, nil)
	e.Step(after, nil)
	require.EqualValues(t, 1, value(t, scrape(t, r), "tgi_batch_inference_count", "method", "prefill"))
}

func TestTGI_Buckets_AreThoseOfTGI(t *testing.T) {
	t.Parallel()
	families := scrape(t, servedTGI())
	duration := families["tgi_request_duration"].Metric[0].Histogram.Bucket
	require.Len(t, duration, 36, "35 and infinity")
	require.Equal(t, 0.00015000000000000001, duration[0].GetUpperBound())
	require.InDelta(t, 145.61, duration[34].GetUpperBound(), 0.01)
	input := families["tgi_request_input_length"].Metric[0].Histogram.Bucket
	require.Len(t, input, 101)
	require.Equal(t, 5.11, input[0].GetUpperBound())
	require.Equal(t, 511.00000000000006, input[99].GetUpperBound(), "with TGI's own rounding")
	require.Equal(t, 5.12, families["tgi_request_generated_tokens"].Metric[0].Histogram.Bucket[0].GetUpperBound())
	require.Len(t, families["tgi_batch_next_size"].Metric[0].Histogram.Bucket, 1025)
}

func TestTGITraffic_CountsOpenAIRoutesTwiceAndFailuresByReason(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	traffic := metrics.NewTGITraffic(r, 511, 512)
	traffic.Began("/generate", "POST")(200, 0, 0)
	traffic.Asked("/generate")
	traffic.Asked("/v1/chat/completions")
	traffic.Failed("overloaded")
	traffic.Failed("validation")
	traffic.Failed("validation")
	families := scrape(t, r)
	require.EqualValues(t, 3, value(t, families, "tgi_request_count"))
	require.EqualValues(t, 1, value(t, families, "tgi_request_failure", "err", "overloaded"))
	require.EqualValues(t, 2, value(t, families, "tgi_request_failure", "err", "validation"))
	require.NotContains(t, families, "tgi_request_input_length")
}

// The recorded page is of TGI 3 with the limits that servedTGI has.
func TestTGI_NamesTypesLabelsAndBuckets_AreThoseOfARecordedPage(t *testing.T) {
	t.Parallel()
	real, ours := parse(t, string(recorded.Read(t, "metrics", "tgi-3.x-datadog.txt"))), scrape(t, servedTGI())
	for name, want := range real {
		if name == "tgi_request_failure" {
			continue // none failed here
		}
		require.Contains(t, ours, name)
		got := ours[name]
		require.Equal(t, want.GetType(), got.GetType(), name)
		require.Equal(t, want.Help, got.Help, name)
		require.Equal(t, labelNames(want), labelNames(got), name)
		require.Equal(t, bounds(want), bounds(got), name)
	}
	for name := range ours {
		require.Contains(t, real, name, "a family that TGI does not have")
	}
}

func labelNames(f *dto.MetricFamily) []string {
	var out []string
	for _, l := range f.Metric[0].Label {
		out = append(out, l.GetName())
	}
	return out
}

func bounds(f *dto.MetricFamily) []float64 {
	var out []float64
	for _, b := range f.Metric[0].GetHistogram().GetBucket() {
		if !math.IsInf(b.GetUpperBound(), 1) {
			out = append(out, b.GetUpperBound())
		}
	}
	for _, q := range f.Metric[0].GetSummary().GetQuantile() {
		out = append(out, q.GetQuantile())
	}
	return out
}
