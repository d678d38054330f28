package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// tgiRequests are observed when a request succeeds.
type tgiRequests struct {
	success                             *prometheus.CounterVec
	whole, validation, queue, inference *prometheus.HistogramVec
	perToken, generated                 *prometheus.HistogramVec
	skipped                             *countSummary
}

func newTGIRequests(s series, maxInputTokens, maxTotalTokens int) tgiRequests {
	duration := tgiDurationBuckets()
	out := tgiRequests{
		success:    s.laterCounter("tgi_request_success", "Number of successful requests"),
		whole:      s.laterHistogram("tgi_request_duration", "Request duration", duration),
		validation: s.laterHistogram("tgi_request_validation_duration", "Request validation duration", duration),
		queue:      s.laterHistogram("tgi_request_queue_duration", "Request queue duration", duration),
		inference:  s.laterHistogram("tgi_request_inference_duration", "Request inference duration", duration),
		perToken:   s.laterHistogram("tgi_request_mean_time_per_token_duration", "Mean time per token per request", duration),
		generated:  s.laterHistogram("tgi_request_generated_tokens", "Generated tokens per request", tgiTokenBuckets(maxTotalTokens)),
		skipped:    newCountSummary("tgi_request_skipped_tokens", "Speculated tokens per request"),
	}
	s.registry.MustRegister(out.skipped)
	return out
}

func (m tgiRequests) finished(r *sched.Request) {
	t := r.Times
	inference := t.LastToken - t.Scheduled
	m.success.WithLabelValues().Inc()
	m.whole.WithLabelValues().Observe(t.LastToken - t.Arrived)
	m.validation.WithLabelValues().Observe(t.Queued - t.Arrived)
	m.queue.WithLabelValues().Observe(t.Scheduled - t.Queued)
	m.inference.WithLabelValues().Observe(inference)
	m.perToken.WithLabelValues().Observe(inference / float64(r.Generated)) // the prefill included, as TGI has it
	m.generated.WithLabelValues().Observe(float64(r.Generated))
}
