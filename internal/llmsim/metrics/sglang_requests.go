package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// sglangRequests are what the tokenizer's process sees of requests, and the
// stages that the scheduler times.
type sglangRequests struct {
	prompt, generated, cached, count         *prometheus.CounterVec
	first, gap, whole                        *prometheus.HistogramVec
	promptLength, uncached, generatedLengths *prometheus.HistogramVec
	queue, stage                             *prometheus.HistogramVec
}

func newSGLangRequests(tokenizer, scheduler series) sglangRequests {
	t, lengths := tokenizer, sglangLengthBuckets()
	return sglangRequests{
		prompt:           t.laterCounter("sglang:prompt_tokens_total", "Number of prefill tokens processed."),
		generated:        t.laterCounter("sglang:generation_tokens_total", "Number of generation tokens processed."),
		cached:           t.laterCounter("sglang:cached_tokens_total", "Number of cached prompt tokens by source (device/host/storage).", "cache_source"),
		count:            t.laterCounter("sglang:num_requests_total", "Number of requests processed."),
		first:            t.laterHistogram("sglang:time_to_first_token_seconds", "Histogram of time to first token in seconds.", sglangFirstTokenBuckets()),
		gap:              t.laterHistogram("sglang:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", sglangTokenGapBuckets()),
		whole:            t.laterHistogram("sglang:e2e_request_latency_seconds", "Histogram of End-to-end request latency in seconds", sglangWholeBuckets()),
		promptLength:     t.laterHistogram("sglang:prompt_tokens_histogram", "Histogram of prompt token length.", lengths),
		uncached:         t.laterHistogram("sglang:uncached_prompt_tokens_histogram", "Histogram of uncached (compute) prompt token length.", lengths),
		generatedLengths: t.laterHistogram("sglang:generation_tokens_histogram", "Histogram of generation token length.", lengths),
		queue:            scheduler.laterHistogram("sglang:queue_time_seconds", "Histogram of queueing time in seconds.", sglangQueueBuckets()),
		stage:            scheduler.laterHistogram("sglang:per_stage_req_latency_seconds", "The latency of each stage of requests.", sglangStageBuckets(), "stage"),
	}
}

// step takes the tokens of a step. The time since the last output counts evenly
// for all tokens of the next, so with speculation, too, the gaps are times for a
// token.
func (m sglangRequests) step(emissions []sched.Emission) {
	for _, o := range outputs(emissions) {
		for range o.tokens {
			if !o.first {
				m.gap.WithLabelValues().Observe(o.gap / float64(o.tokens))
			}
		}
	}
	for _, e := range emissions {
		if e.Index == 0 {
			m.begun(e.Request.Times)
		}
	}
}

func (m sglangRequests) begun(t sched.Times) {
	m.first.WithLabelValues().Observe(t.FirstToken - t.Arrived)
	m.queue.WithLabelValues().Observe(t.Scheduled - t.Queued)
	m.stage.WithLabelValues("request_process").Observe(t.Queued - t.Arrived)
	m.stage.WithLabelValues("prefill_forward").Observe(t.FirstToken - t.Scheduled)
}

func (m sglangRequests) finished(r *sched.Request) {
	prompt, generated := float64(len(r.Prompt)), float64(r.Generated)
	m.prompt.WithLabelValues().Add(prompt)
	m.generated.WithLabelValues().Add(generated)
	if r.Cached > 0 {
		m.cached.WithLabelValues("device").Add(float64(r.Cached))
	}
	m.count.WithLabelValues().Inc()
	m.whole.WithLabelValues().Observe(r.Times.LastToken - r.Times.Arrived)
	m.promptLength.WithLabelValues().Observe(prompt)
	m.uncached.WithLabelValues().Observe(prompt - float64(r.Cached))
	m.generatedLengths.WithLabelValues().Observe(generated)
}
