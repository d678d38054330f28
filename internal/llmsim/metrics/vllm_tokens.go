package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// Where prompt tokens come from, as the engine labels it.
const (
	sourceComputed = "local_compute"
	sourceCached   = "local_cache_hit"
	sourceExternal = "external_kv_transfer"
)

// tokenMetrics move with every step.
type tokenMetrics struct {
	prompt, generation, cached prometheus.Counter
	bySource                   map[string]prometheus.Counter
	iteration, first, gap      prometheus.Histogram
}

func newTokenMetrics(s series) tokenMetrics {
	return tokenMetrics{
		prompt:     s.counter("vllm:prompt_tokens_total", "Number of prefill tokens processed."),
		generation: s.counter("vllm:generation_tokens_total", "Number of generation tokens processed."),
		cached:     s.counter("vllm:prompt_tokens_cached_total", "Number of cached prompt tokens (local + external)."),
		bySource: s.counters("vllm:prompt_tokens_by_source_total", "Number of prompt tokens by source.",
			"source", sourceComputed, sourceCached, sourceExternal),
		iteration: s.histogram("vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.", vllmIterationBuckets()),
		first:     s.histogram("vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds.", vllmFirstTokenBuckets()),
		gap:       s.histogram("vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", vllmTokenGapBuckets()),
	}
}

func (m tokenMetrics) step(now sched.Stats, emissions []sched.Emission) {
	m.generation.Add(float64(len(emissions)))
	m.iteration.Observe(float64(now.StepTokens))
	for _, e := range emissions {
		switch {
		case e.Accepted:
			continue // an observation for each step, not for each token
		case e.Index > 0:
			m.gap.Observe(e.GapSeconds)
			continue
		}
		r := e.Request
		m.first.Observe(r.Times.FirstToken - r.Times.Arrived)
		m.prompt.Add(float64(len(r.Prompt)))
		m.cached.Add(float64(r.Cached))
		m.bySource[sourceCached].Add(float64(r.Cached))
		m.bySource[sourceComputed].Add(float64(len(r.Prompt) - r.Cached))
	}
}
