package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// sglangCounters are the scheduler's counters.
type sglangCounters struct {
	tokens, passes            *prometheus.CounterVec
	retracted, input, outputs *prometheus.CounterVec
}

func newSGLangCounters(s series) sglangCounters {
	return sglangCounters{
		tokens: s.laterCounter("sglang:realtime_tokens_total",
			"Total number of tokens processed (updated on each log interval). mode: prefill_compute, prefill_cache, decode.", "mode"),
		passes:    s.laterCounter("sglang:cuda_graph_passes_total", "Total number of forward passes categorized by CUDA graph.", "mode"),
		retracted: s.laterCounter("sglang:num_retracted_requests_total", "Total number of retracted requests."),
		input:     s.laterCounter("sglang:num_retracted_input_tokens_total", "Total number of retracted input tokens."),
		outputs:   s.laterCounter("sglang:num_retracted_output_tokens_total", "Total number of retracted output tokens."),
	}
}

func (m sglangCounters) realtime(mode string, tokens int) {
	if tokens > 0 {
		m.tokens.WithLabelValues(mode).Add(float64(tokens))
	}
}

func (m sglangCounters) graphPass(graph bool) {
	mode := "decode_none"
	if graph {
		mode = "decode_cuda_graph"
	}
	m.passes.WithLabelValues(mode).Inc()
}

func (m sglangCounters) preempted(now, last sched.Stats) {
	if now.Preemptions == last.Preemptions {
		return
	}
	m.retracted.WithLabelValues().Add(float64(now.Preemptions - last.Preemptions))
	m.input.WithLabelValues().Add(float64(now.PreemptedPrompt - last.PreemptedPrompt))
	m.outputs.WithLabelValues().Add(float64(now.PreemptedOutput - last.PreemptedOutput))
}
