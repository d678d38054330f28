package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// TGI is the metrics of a TGI engine. It implements llmsim.Observer; its methods
// are called from one goroutine, scrapes come from any.
type TGI struct {
	batch    tgiBatch
	steps    tgiSteps
	requests tgiRequests
	lost     *prometheus.CounterVec
	last     sched.Stats
	seen     bool
}

// NewTGI registers the engine's metrics. maxInputTokens and maxTotalTokens are
// the limits of one request, on which buckets depend.
func NewTGI(r *prometheus.Registry, maxInputTokens, maxTotalTokens int) *TGI {
	s := series{registry: r}
	return &TGI{batch: newTGIBatch(s), steps: newTGISteps(s), requests: newTGIRequests(s, maxInputTokens, maxTotalTokens),
		lost: s.timeLost()}
}

// Step takes the state after a step and the tokens that it produced.
func (t *TGI) Step(now sched.Stats, emissions []sched.Emission) {
	last := t.last
	t.last = now
	t.seen = t.seen || now.Running+now.Waiting > 0 || now.Steps > 0
	if !t.seen {
		return // nothing has been updated: there are no series yet
	}
	t.batch.set(now)
	if now.Steps > last.Steps {
		t.steps.step(now)
	}
	for _, output := range outputs(emissions) {
		t.requests.skipped.observe(output.tokens - 1)
	}
}

// Finished takes a request that ran to its end.
func (t *TGI) Finished(r *sched.Request, _ string, _ int) { t.requests.finished(r) }

// Lost takes the seconds by which the host was too slow.
func (t *TGI) Lost(seconds float64) { t.lost.WithLabelValues().Add(seconds) }

// tgiBatch is the queue and the running batch.
type tgiBatch struct {
	queue, size, tokens *prometheus.GaugeVec
}

func newTGIBatch(s series) tgiBatch {
	return tgiBatch{
		queue:  s.laterGauge("tgi_queue_size", "Current queue size"),
		size:   s.laterGauge("tgi_batch_current_size", "Current batch size"),
		tokens: s.laterGauge("tgi_batch_current_max_tokens", "Maximum tokens for the current batch"),
	}
}

// set writes the gauges. The tokens are those reserved for the running batch,
// prompts and all that may be generated, not those that exist.
func (b tgiBatch) set(now sched.Stats) {
	b.queue.WithLabelValues().Set(float64(now.Waiting))
	b.size.WithLabelValues().Set(float64(now.Running))
	b.tokens.WithLabelValues().Set(float64(now.Reserved))
}
