package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/propose"
)

// weights make one number of the logarithms of rate, latency and GPUs; more is
// better, and a difference of 0.1 is 10%.
type weights struct{ rate, latency, gpus float64 }

func weightsOf(objective string) weights {
	switch objective {
	case propose.ObjectiveLatency:
		return weights{latency: 1}
	case propose.ObjectiveCost:
		return weights{rate: 1, gpus: 1}
	}
	return weights{rate: 1}
}

// directionsOf are the single objectives that an objective is made of.
func directionsOf(objective string) []weights {
	if objective == propose.ObjectivePareto {
		return []weights{weightsOf(propose.ObjectiveGoodput), weightsOf(propose.ObjectiveLatency), {rate: 0.5, latency: 0.5}}
	}
	return []weights{weightsOf(objective)}
}

// score of a rate in requests/s, a latency in seconds, and a number of GPUs.
func (w weights) score(rate, latency, gpus float64) float64 {
	s := -w.gpus * math.Log(gpus)
	if w.rate > 0 {
		s += w.rate * math.Log(rate)
	}
	if w.latency > 0 {
		s -= w.latency * math.Log(latency)
	}
	return s
}

// Noise of one measurement as the deviation of its logarithm.
const (
	// rateNoise is that of a limit found with a full trial's requests; it falls
	// with the root of their number.
	rateNoise = 0.05
	// latencyNoise is that of an E2E p95.
	latencyNoise = 0.05
	// nothingPassed is that of a configuration that kept the objectives nowhere:
	// how far below the lowest rate its limit lies is unknown.
	nothingPassed = 0.5
	// openEnd is that of a rate that never failed.
	openEnd = 0.15
)

// reading is the score of an observation with its deviation; ok is false for one
// that says nothing about speed.
func (w weights) reading(o Observation) (score, deviation float64, ok bool) {
	if o.Failed || o.Pending {
		return 0, 0, false
	}
	rate, spread := middle(o)
	if w.rate > 0 && rate <= 0 || w.latency > 0 && o.E2EP95Seconds <= 0 {
		return 0, 0, false
	}
	f := max(o.Fidelity, 0.01)
	deviation = math.Hypot(w.rate*math.Hypot(spread, rateNoise/math.Sqrt(f)), w.latency*latencyNoise/math.Sqrt(f))
	return w.score(rate, o.E2EP95Seconds, propose.GPUs(o.Config)), deviation, true
}

// middle of the bracket, and its deviation as a uniform one's.
func middle(o Observation) (rate, spread float64) {
	switch {
	case o.MaxGood <= 0 && o.MinBad <= 0:
		return 0, 0
	case o.MaxGood <= 0:
		return o.MinBad / 2, nothingPassed
	case o.MinBad <= o.MaxGood:
		return o.MaxGood, openEnd
	}
	return math.Sqrt(o.MaxGood * o.MinBad), math.Log(o.MinBad/o.MaxGood) / math.Sqrt(12)
}
