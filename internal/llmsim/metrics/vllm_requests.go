package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// requestMetrics are observed when a request ends; requests that a client gave
// up are not, as in the engine.
type requestMetrics struct {
	success                                              map[string]prometheus.Counter
	prompt, generated, maxGenerated, maxTokens, n        prometheus.Histogram
	prefillComputed                                      prometheus.Histogram
	perToken, whole, queue, inference, prefill, decoding prometheus.Histogram
}

func newRequestMetrics(s series, maxModelLen int) requestMetrics {
	tokens := vllmTokenBuckets(maxModelLen)
	return requestMetrics{
		success: s.counters("vllm:request_success_total", "Count of successfully processed requests.",
			"finished_reason", "stop", "length", "abort", "error", "repetition"),
		prompt:          s.histogram("vllm:request_prompt_tokens", "Number of prefill tokens processed.", tokens),
		generated:       s.histogram("vllm:request_generation_tokens", "Number of generation tokens processed.", tokens),
		maxGenerated:    s.histogram("vllm:request_max_num_generation_tokens", "Histogram of maximum number of requested generation tokens.", tokens),
		maxTokens:       s.histogram("vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter.", tokens),
		n:               s.histogram("vllm:request_params_n", "Histogram of the n request parameter.", []float64{1, 2, 5, 10, 20}),
		prefillComputed: s.histogram("vllm:request_prefill_kv_computed_tokens", "Histogram of new KV tokens computed during prefill (excluding cached tokens).", tokens),
		perToken:        s.histogram("vllm:request_time_per_output_token_seconds", "Histogram of time_per_output_token_seconds per request.", vllmTokenGapBuckets()),
		whole:           s.histogram("vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", vllmRequestBuckets()),
		queue:           s.histogram("vllm:request_queue_time_seconds", "Histogram of time spent in WAITING phase for request.", vllmRequestBuckets()),
		inference:       s.histogram("vllm:request_inference_time_seconds", "Histogram of time spent in RUNNING phase for request.", vllmRequestBuckets()),
		prefill:         s.histogram("vllm:request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request.", vllmRequestBuckets()),
		decoding:        s.histogram("vllm:request_decode_time_seconds", "Histogram of time spent in DECODE phase for request.", vllmRequestBuckets()),
	}
}

func (m requestMetrics) finished(r *sched.Request, reason string, maxTokens int) {
	m.success[reason].Inc()
	m.prompt.Observe(float64(len(r.Prompt)))
	m.generated.Observe(float64(r.Generated))
	m.maxTokens.Observe(float64(maxTokens))
	if r.Choice == 0 { // the client's request, not each of its answers
		m.n.Observe(float64(max(r.Choices, 1)))
		m.maxGenerated.Observe(float64(r.Generated))
	}
	m.prefillComputed.Observe(float64(len(r.Prompt) - r.Cached))
	t := r.Times
	m.whole.Observe(t.LastToken - t.Arrived)
	m.queue.Observe(t.Scheduled - t.Queued)
	m.inference.Observe(t.LastToken - t.Scheduled)
	m.prefill.Observe(t.FirstToken - t.Scheduled)
	m.decoding.Observe(t.LastToken - t.FirstToken)
	perToken := 0.0 // vLLM observes 0 for an answer of one token
	if r.Generated > 1 {
		perToken = (t.LastToken - t.FirstToken) / float64(r.Generated-1)
	}
	m.perToken.Observe(perToken)
}
