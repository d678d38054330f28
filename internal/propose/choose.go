package propose

import "github.com/optiinfra/performance-agent/internal/serving"

// Objectives of a run.
const (
	ObjectiveGoodput = "goodput" // highest rate that keeps the SLOs; the default
	ObjectiveLatency = "latency" // lowest E2E p95 at the reference rate
	ObjectiveCost    = "cost"    // lowest cost per token: goodput per GPU
	ObjectivePareto  = "pareto"  // what no other beats in goodput, latency and GPUs; of these the knee
)

// PurposeBaseline marks the trial of the present configuration.
const PurposeBaseline = "baseline"

// Tolerances of a choice: rates within sameRate are equal (ladders resolve no
// finer), and a choice by latency may cost leastRate of the baseline's rate.
const (
	sameRate  = 0.02
	leastRate = 0.95
)

// Choose picks the winner among the measured trials: by throughput and among
// equals by latency, or under ObjectiveLatency the other way round. ok is false
// when nothing was measured or the baseline is the best of all.
func Choose(trials []serving.Trial, objective string) (serving.Trial, bool) {
	var best, baseline *serving.Trial
	for i := range trials {
		t := &trials[i]
		if t.Status != serving.TrialMeasured {
			continue
		}
		if t.Purpose == PurposeBaseline && baseline == nil {
			baseline = t
		}
		if best == nil || better(*t, *best, objective) {
			best = t
		}
	}
	if objective == ObjectiveLatency && baseline != nil {
		best = fastest(trials, *baseline)
	}
	if best == nil || baseline != nil && best.Candidate.Config.Equal(baseline.Candidate.Config) {
		return serving.Trial{}, false
	}
	return *best, true
}

// fastest is the trial with the lowest latency among those that serve about as
// much as the baseline.
func fastest(trials []serving.Trial, baseline serving.Trial) *serving.Trial {
	best := &baseline
	for i := range trials {
		t := &trials[i]
		enough := t.Result.MaxGood >= leastRate*baseline.Result.MaxGood
		if t.Status == serving.TrialMeasured && enough && better(*t, *best, ObjectiveLatency) {
			best = t
		}
	}
	return best
}

func better(a, b serving.Trial, objective string) bool {
	faster := e2e(a) < e2e(b)
	if objective == ObjectiveLatency && e2e(a) != e2e(b) {
		return faster
	}
	switch {
	case a.Result.MaxGood > b.Result.MaxGood*(1+sameRate):
		return true
	case b.Result.MaxGood > a.Result.MaxGood*(1+sameRate):
		return false
	}
	return faster
}

// unmeasured ranks a trial without a latency behind all others.
const unmeasured = 1e9

func e2e(t serving.Trial) float64 {
	if r := t.Result.Reference; r.E2E.Count > 0 && r.Invalid == "" && r.Abandoned == 0 {
		return r.E2E.P95Seconds
	}
	return unmeasured
}
