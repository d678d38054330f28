package search

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// leastProspect is the chance of a gain of MinEffect below which a trial is not
// made: the search ends when no configuration has more.
const leastProspect = 0.1

// Promotions are the trials kept back for measuring the best in full.
const Promotions = 2

// improvement is the expected gain over the best so far and the chance that it
// reaches the least effect, both with the chance of a failure.
func (v *view) improvement(b belief) (gain, prospect float64) {
	runs := (1 - b.chance) * b.enough
	z := (b.mean - v.best) / b.deviation
	gain = b.deviation * (z*normal(z) + density(z))
	least := (b.mean - v.best - math.Log1p(v.problem.MinEffect)) / b.deviation
	return runs * gain, runs * normal(least)
}

// given tries what a person asked for, in full and whatever is expected of it.
func (v *view) given() (Step, bool) {
	for _, c := range v.problem.Given {
		if !tried(v.seen, c.Config, 0) {
			return Step{Candidate: c, Fidelity: 1, Reason: "it was asked for"}, true
		}
	}
	return Step{}, false
}

// advised tries the first of the proposals: it mends everything that was found,
// latency too, where the search itself asks only for its objective.
func (v *view) advised() (Step, bool) {
	if len(v.problem.Proposals) == 0 || v.left() <= v.reserve() {
		return Step{}, false
	}
	first := v.problem.Proposals[0]
	for _, b := range v.others {
		if b.key == first.Config.Key() && b.chance < 0.5 {
			return Step{Candidate: b.candidate, Fidelity: v.firstLook(), Reason: "it answers all that was found", FailureChance: b.chance}, true
		}
	}
	return Step{}, false
}

// screen takes a first look at what promises most.
func (v *view) screen() (Step, bool) {
	var best belief
	var gain, prospect float64
	for _, b := range v.others {
		if g, p := v.improvement(b); g > gain && p >= leastProspect {
			best, gain, prospect = b, g, p
		}
	}
	if best.point == nil || v.left() <= v.reserve() {
		return Step{}, false
	}
	reason := fmt.Sprintf("expected to gain %.0f%% over the best so far (%.0f%% likely to gain the least effect of %.0f%%)",
		100*gain, 100*prospect, 100*v.problem.MinEffect)
	if best.why != "" {
		reason += fmt.Sprintf("; %.0f%% likely to fail, since %s", 100*best.chance, best.why)
	}
	return Step{Candidate: v.predicted(best), Fidelity: v.firstLook(), Reason: reason, Gain: gain, FailureChance: best.chance}, true
}

// predicted states what is expected of a candidate relative to the present
// configuration, where the objective is a rate.
func (v *view) predicted(b belief) serving.Candidate {
	c := b.candidate
	if c.Predicted == (serving.Effect{}) && v.score.weights.rate > 0 {
		gain := b.mean - v.present()
		c.Predicted = serving.Effect{ThroughputLow: math.Exp(gain - b.deviation), ThroughputHigh: math.Exp(gain + b.deviation),
			Basis: fmt.Sprintf("performance model as %d trials corrected it", len(v.measured))}
	}
	return c
}

// present is the expected score of the present configuration; where it was not
// measured, anything is better.
func (v *view) present() float64 {
	key := v.problem.Fleet.Config.Key()
	for _, b := range v.measured {
		if b.key == key {
			return b.mean
		}
	}
	return math.Inf(-1)
}

// left is the number of trials that remain, any number without a bound.
func (v *view) left() int {
	if v.problem.Budget.Trials <= 0 {
		return math.MaxInt
	}
	return v.problem.Budget.Trials - len(v.seen)
}

// reserve is what has to remain for promotions.
func (v *view) reserve() int {
	if v.firstLook() >= 1 {
		return 0
	}
	short := 0
	for _, b := range v.measured {
		if !b.full {
			short++
		}
	}
	return min(Promotions, short)
}

// promote measures in full what is expected to be the best, until the best was.
func (v *view) promote() (Step, bool) {
	top, ok := v.top(func(belief) bool { return true })
	if !ok || top.full {
		return Step{}, false
	}
	reference, _ := v.top(func(b belief) bool { return b.full })
	gain := math.Expm1(top.mean - reference.mean)
	return Step{Candidate: top.candidate, Fidelity: 1, Gain: gain,
		Reason: fmt.Sprintf("the best of the short trials, expected %.0f%% above the best full one, is measured in full", 100*gain)}, true
}
