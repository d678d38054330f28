package search

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastProspect is the chance of a gain of MinEffect below which a trial is not
// made: the search ends when no configuration has more.
const leastProspect = 0.1

// promotions are the trials kept back for measuring the best in full.
const promotions = 2

// improvement is the expected gain over the best so far and the chance that it
// reaches the least effect, both with the chance of a failure.
func (v *view) improvement(b belief) (gain, prospect float64) {
	runs := 1 - b.chance
	z := (b.mean - v.best) / b.deviation
	gain = b.deviation * (z*distuv.UnitNormal.CDF(z) + distuv.UnitNormal.Prob(z))
	least := (b.mean - v.best - math.Log1p(v.problem.MinEffect)) / b.deviation
	return runs * gain, runs * distuv.UnitNormal.CDF(least)
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
	return Step{Candidate: best.candidate, Fidelity: v.firstLook(), Reason: reason, Gain: gain, FailureChance: best.chance}, true
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
	return min(promotions, short)
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
		Reason: fmt.Sprintf("the best of the short trials, by %.0f%%, is measured in full", 100*gain)}, true
}

// conclude names the winner of the full trials, or why there is none.
func (v *view) conclude(spent string) Step {
	step := Step{Done: true, Spent: spent != ""}
	why := fmt.Sprintf("no configuration has more than a %.0f%% chance to gain %.0f%%", 100*leastProspect, 100*v.problem.MinEffect)
	if spent != "" {
		why = spent + " is spent"
	}
	best, found := v.top(func(b belief) bool { return b.full })
	switch {
	case v.nothingKept():
		step.Outcome, step.Reason = Infeasible, fmt.Sprintf("none of %d configurations keeps the objectives at any rate; %s", len(v.seen), why)
	case !found || best.candidate.Config.Equal(v.problem.Fleet.Config):
		step.Outcome, step.Reason = NoImprovement, fmt.Sprintf("none of %d configurations is expected to beat the present one; %s", len(v.seen), why)
	default:
		step.Outcome, step.Candidate = Winner, best.candidate
		step.Reason = fmt.Sprintf("the best of %d measurements; %s", len(v.seen), why)
	}
	return step
}

// nothingKept says that what ran kept the objectives at no rate.
func (v *view) nothingKept() bool {
	ran := false
	for _, o := range v.seen {
		if o.MaxGood > 0 {
			return false
		}
		ran = ran || !o.Failed && !o.Pending
	}
	return ran
}
