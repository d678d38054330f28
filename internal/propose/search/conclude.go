package search

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// conclude names the winner of the full trials, or why there is none.
func (v *view) conclude(spent string) Step {
	step := Step{Done: true, Spent: spent != "", Outcome: NoImprovement}
	why := fmt.Sprintf("no configuration has more than a %.0f%% chance to gain %.0f%%", 100*leastProspect, 100*v.problem.MinEffect)
	if spent != "" {
		why = spent + " is spent"
	}
	best, how := v.winner()
	switch {
	case v.nothingKept():
		step.Outcome, step.Reason = Infeasible, fmt.Sprintf("none of %d configurations keeps the objectives at any rate; %s", len(v.seen), why)
	case how == "":
		step.Reason = fmt.Sprintf("none of %d measurements is expected to beat the present configuration by %.0f%%; %s", len(v.seen), 100*v.problem.MinEffect, why)
	default:
		step.Outcome, step.Candidate = Winner, best
		step.Reason = fmt.Sprintf("%s of %d measurements; %s", how, len(v.seen), why)
	}
	return step
}

// winner is what beats the present configuration by the least effect in a full
// trial, and in what way; "" when nothing does.
func (v *view) winner() (c serving.Candidate, how string) {
	if v.problem.pareto() {
		return v.knee()
	}
	proven := func(b belief) bool { return v.gained(b) >= math.Log1p(v.problem.MinEffect) }
	if best, ok := v.top(proven); ok {
		return v.quickest(best, proven).candidate, "the best"
	}
	if v.problem.Objective == "" || v.problem.Objective == propose.ObjectiveGoodput {
		return v.faster()
	}
	return serving.Candidate{}, ""
}

// quickest is the lowest latency among those whose full trials show the rate of
// the best: ladders end at a highest rate, and several may reach it.
func (v *view) quickest(best belief, which func(belief) bool) belief {
	rate, _ := v.inFull(best.candidate.Config)
	least := v.latency(best)
	for _, b := range v.measured {
		equal, full := v.inFull(b.candidate.Config)
		if full && which(b) && equal >= rate-equalRates && v.latency(b) < least {
			best, least = b, v.latency(b)
		}
	}
	return best
}

// latency is the E2E p95 of a configuration's last full trial, endless where none
// tells.
func (v *view) latency(b belief) float64 {
	out := math.Inf(1)
	for _, o := range v.seen {
		if inFull(o) && o.E2EP95Seconds > 0 && o.Config.Equal(b.candidate.Config) {
			out = o.E2EP95Seconds
		}
	}
	return out
}

// gained is by how much the full trials of a configuration themselves, whatever
// the model makes of them, exceed those of the present one.
func (v *view) gained(b belief) float64 {
	now, known := v.inFull(v.problem.Fleet.Config)
	then, measured := v.inFull(b.candidate.Config)
	switch {
	case !measured:
		return math.Inf(-1)
	case !known:
		return math.Inf(1) // the present configuration keeps the objectives nowhere
	}
	return then - now
}

// inFull is the score of the last full trial of a configuration that says one.
func (v *view) inFull(cfg serving.EngineConfig) (score float64, ok bool) {
	for _, o := range v.seen {
		if got, _, says := v.score.weights.reading(o); says && o.Fidelity >= 1 && o.Config.Equal(cfg) {
			score, ok = got, true
		}
	}
	return score, ok
}

// knee of the front, if it is not the present configuration.
func (v *view) knee() (serving.Candidate, string) {
	front := Front(v.seen)
	i, ok := Knee(v.seen, front)
	if !ok || v.seen[i].Config.Equal(v.problem.Fleet.Config) {
		return serving.Candidate{}, ""
	}
	return v.candidateOf(v.seen[i].Config), fmt.Sprintf("the knee of a front of %d", len(front))
}

// equalRates is the difference of expected rates that counts as none: ladders
// resolve no finer.
const equalRates = 0.02

// faster is the lowest latency among the full trials of as high a rate as the
// present configuration's.
func (v *view) faster() (c serving.Candidate, how string) {
	least := math.Inf(1)
	for _, o := range v.seen {
		if o.Config.Equal(v.problem.Fleet.Config) && o.E2EP95Seconds > 0 {
			least = o.E2EP95Seconds * (1 - v.problem.MinEffect)
		}
	}
	for _, o := range v.seen {
		if inFull(o) && o.E2EP95Seconds <= least && !math.IsInf(least, 1) && v.expected(o) >= v.present()-equalRates {
			least, c, how = o.E2EP95Seconds, v.candidateOf(o.Config), "the fastest at the same rate"
		}
	}
	return c, how
}

// expected is the score that is believed of a measured configuration.
func (v *view) expected(o Observation) float64 {
	key := o.Config.Key()
	for _, b := range v.measured {
		if b.key == key {
			return b.mean
		}
	}
	return math.Inf(-1)
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
