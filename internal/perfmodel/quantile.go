package perfmodel

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// keepsAll says whether every latency objective holds in the state.
func (s *steady) keepsAll(slos []serving.Objective) bool {
	for _, o := range slos {
		if o.IsLatency() && o.Breached(s.quantile(o.Metric, o.Quantile)) {
			return false
		}
	}
	return true
}

// quantile of a latency in the state; see MaxRate for what it assumes.
func (s *steady) quantile(metric serving.Metric, q float64) float64 {
	switch metric {
	case serving.MetricTTFT:
		return s.ttftQuantile(q)
	case serving.MetricITL:
		return s.itlQuantile(q)
	}
	d := s.demand
	longest := d.workload.OutputTokens.Quantile(q)
	queue := (exponentialQuantile(q) - 1) * (s.slotWait + s.budgetWait)
	return s.ttft() + math.Max(0, queue) + math.Max(0, longest-1)*s.itl()
}

func (s *steady) ttftQuantile(q float64) float64 {
	d := s.demand
	scale := d.workload.PromptTokens.Quantile(q) / d.prompt
	return s.api + (q+s.ahead)*s.busyStep() +
		math.Max(s.chunks*s.prefill, scale*s.chunks*s.prefill-(scale-1)*s.decode*s.chunks) +
		exponentialQuantile(q)*(s.slotWait+s.budgetWait)
}

func (s *steady) itlQuantile(q float64) float64 {
	return s.itl() * (1 + math.Max(0, normalQuantile(q))*s.spread)
}

func normalQuantile(q float64) float64 { return math.Sqrt2 * math.Erfinv(2*q-1) }

// exponentialQuantile is the quantile of an exponential wait over its mean.
func exponentialQuantile(q float64) float64 { return -math.Log(1 - q) }
