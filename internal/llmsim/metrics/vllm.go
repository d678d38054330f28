package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// VLLM is the metrics of a vLLM engine. It implements llmsim.Observer; its
// methods are called from one goroutine, scrapes come from any.
type VLLM struct {
	state    stateMetrics
	tokens   tokenMetrics
	requests requestMetrics
	guesses  vllmSpeculation
	lost     *prometheus.CounterVec
	last     sched.Stats
}

// NewVLLM registers the engine's metrics under its served model name.
func NewVLLM(r *prometheus.Registry, model string, maxModelLen int) *VLLM {
	s := series{registry: r, labels: prometheus.Labels{"model_name": model, "engine": "0"}}
	return &VLLM{
		state:    newStateMetrics(s),
		tokens:   newTokenMetrics(s),
		requests: newRequestMetrics(s, maxModelLen),
		guesses:  newVLLMSpeculation(s),
		lost:     s.timeLost(),
	}
}

// Step takes the state after a step and the tokens that it produced.
func (e *VLLM) Step(now sched.Stats, emissions []sched.Emission) {
	e.state.set(now, e.last)
	e.guesses.step(now, e.last)
	e.last = now
	if len(emissions) == 0 {
		return
	}
	e.tokens.step(now, emissions)
}

// Finished takes a request that ran to its end.
func (e *VLLM) Finished(r *sched.Request, reason string, maxTokens int) {
	e.requests.finished(r, reason, maxTokens)
}

// Lost takes the seconds by which the host was too slow.
func (e *VLLM) Lost(seconds float64) { e.lost.WithLabelValues().Add(seconds) }

// stateMetrics are the gauges and counters of the scheduler.
type stateMetrics struct {
	running, waiting, usage           prometheus.Gauge
	waitingFor                        map[string]prometheus.Gauge
	preemptions, prefixQueries, found prometheus.Counter
}

func newStateMetrics(s series) stateMetrics {
	awake := s.gauges("vllm:engine_sleep_state", "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake.",
		"sleep_state", "awake", "weights_offloaded", "discard_all")
	awake["awake"].Set(1)
	return stateMetrics{
		running: s.gauge("vllm:num_requests_running", "Number of requests in model execution batches."),
		waiting: s.gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed."),
		waitingFor: s.gauges("vllm:num_requests_waiting_by_reason", "Number of waiting requests by the reason they wait.",
			"reason", "capacity", "deferred"),
		usage:         s.gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage."),
		preemptions:   s.counter("vllm:num_preemptions_total", "Cumulative number of preemption from the engine."),
		prefixQueries: s.counter("vllm:prefix_cache_queries_total", "Prefix cache queries, in terms of number of queried tokens."),
		found:         s.counter("vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens."),
	}
}

func (m stateMetrics) set(now, before sched.Stats) {
	m.running.Set(float64(now.Running))
	m.waiting.Set(float64(now.Waiting))
	m.waitingFor["capacity"].Set(float64(now.Waiting))
	m.usage.Set(now.Usage())
	m.preemptions.Add(float64(now.Preemptions - before.Preemptions))
	m.prefixQueries.Add(float64(now.PrefixQueries - before.PrefixQueries))
	m.found.Add(float64(now.PrefixHits - before.PrefixHits))
}
