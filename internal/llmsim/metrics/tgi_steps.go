package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// The kinds of step. One that computes a prompt or a chunk of one is a prefill,
// also when the running batch advances in it.
const (
	tgiPrefill = "prefill"
	tgiDecode  = "decode"
)

// tgiSteps are the engine's calls to the model.
type tgiSteps struct {
	count, success, concat               *prometheus.CounterVec
	inference, forward, decoding, filter *prometheus.HistogramVec
	concatTime, nextSize                 *prometheus.HistogramVec
}

func newTGISteps(s series) tgiSteps {
	duration := tgiDurationBuckets()
	return tgiSteps{
		count:     s.laterCounter("tgi_batch_inference_count", "Inference calls per method (prefill or decode)", "method"),
		success:   s.laterCounter("tgi_batch_inference_success", "Number of successful inference calls per method (prefill or decode)", "method"),
		concat:    s.laterCounter("tgi_batch_concat", "", "reason"),
		inference: s.laterHistogram("tgi_batch_inference_duration", "Batch inference duration", duration, "method"),
		forward:   s.laterHistogram("tgi_batch_forward_duration", "Batch forward duration per method (prefill or decode)", duration, "method"),
		decoding:  s.laterHistogram("tgi_batch_decode_duration", "Time spent decoding a batch per method (prefill or decode)", duration, "method"),
		filter: s.laterHistogram("tgi_batch_filter_duration",
			"Time spent filtering batches and sending generated tokens per method (prefill or decode)", duration, "method"),
		concatTime: s.laterHistogram("tgi_batch_concat_duration", "", duration, "method"),
		nextSize:   s.laterHistogram("tgi_batch_next_size", "Batch size of the next batch", tgiBatchBuckets()),
	}
}

// step takes the last step. Its time is that of the forward pass: detokenization,
// filtering and concatenation take none in the simulation.
func (m tgiSteps) step(now sched.Stats) {
	method := tgiDecode
	if now.Last.Prefills > 0 {
		method = tgiPrefill
	}
	m.count.WithLabelValues(method).Inc()
	m.success.WithLabelValues(method).Inc()
	m.inference.WithLabelValues(method).Observe(now.Last.Seconds)
	m.forward.WithLabelValues(method).Observe(now.Last.Seconds)
	m.decoding.WithLabelValues(method).Observe(0)
	m.filter.WithLabelValues(method).Observe(0)
	if now.Last.Admitted > 0 {
		m.nextSize.WithLabelValues().Observe(float64(now.Last.Admitted))
	}
	if now.Last.Joined != sched.JoinedNone {
		m.concat.WithLabelValues(string(now.Last.Joined)).Inc()
		m.concatTime.WithLabelValues(tgiDecode).Observe(0)
	}
}
