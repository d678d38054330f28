package search

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Strategy searches. A new one is made for every search.
type Strategy interface {
	// Next is what to measure after what was seen; false when it is done.
	Next(seen []Seen) (Ask, bool)
	// Accepts says whether what was seen makes it change the configuration, and to
	// which.
	Accepts(seen []Seen) (serving.EngineConfig, bool)
}

// Ask is a measurement that a strategy wants.
type Ask struct {
	Config    serving.EngineConfig
	Fidelity  float64 // share of a whole trial, above 0 and at most 1
	Procedure string  // "" is the ladder
	// Load tells the loads of one configuration apart: each number is other
	// requests.
	Load int
}

// Procedures beside the ladder.
const (
	procedureStart = "start" // only whether the engine starts
	procedureWalk  = "walk"  // auto_tune's way to a rate
)

// Seen is a measurement that was made. Its bracket is that of a trial's ladder; a
// failed one has neither.
type Seen struct {
	Ask
	Status serving.TrialStatus
	Reason string
	Good   float64
	Bad    float64
	// Crashed engines had started.
	Crashed bool
}

// startCost is what a start without a load costs, in trials: the load and the
// checks take most of a trial's time.
const startCost = 0.25

// cost is what the measurement took, in trials.
func (s Seen) cost() float64 {
	if s.Procedure == procedureStart || s.Status == serving.TrialFailed && !s.Crashed {
		return startCost
	}
	return s.Fidelity
}

// whole says that the measurement is one to decide by.
func (s Seen) whole() bool {
	return s.Status == serving.TrialMeasured && s.Procedure != procedureStart && s.Fidelity >= 1
}

// Problem is what a strategy is told.
type Problem struct {
	Fleet serving.Fleet // with the start configuration
	Space Space
	Grid  []serving.EngineConfig // the valid points of the space
	// Snapshot is production under the start configuration.
	Snapshot serving.Snapshot
	Workload serving.Workload
	Engine   engine.Engine
	Budget   float64 // trials
	Seed     uint64
}

// best is the highest whole measurement, the first of equals.
func best(seen []Seen) (Seen, bool) {
	found, ok := Seen{}, false
	for _, s := range seen {
		if s.whole() && (!ok || s.Good > found.Good) {
			found, ok = s, true
		}
	}
	return found, ok
}

// minEffect is the least gain that is worth a change.
const minEffect = 0.05

// acceptBest is the rule of strategies that know none: the best measured, if it is
// measured better than the start by the minimum effect.
func acceptBest(seen []Seen) (serving.EngineConfig, bool) {
	b, ok := best(seen)
	if !ok || len(seen) == 0 || b.Good < seen[0].Good*(1+minEffect) || b.Good == 0 {
		return serving.EngineConfig{}, false
	}
	return b.Config, true
}
