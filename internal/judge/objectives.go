package judge

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// latencyObjective judges the canary's own latency against an objective. A
// breach that the reference shows too is the fleet's, not the canary's: it
// fails the canary only if the canary is worse.
func (t trial) latencyObjective(o serving.Objective) finding {
	values := t.canary.decided(o)
	check := serving.JudgeCheck{Metric: o.Metric, Test: "slo", Limit: o.Threshold, Samples: values.Count()}
	bounds, measured := Bootstrap(values.Sample, o.Quantile, t.cfg.Confidence)
	if measured {
		check.Observed, check.Low, check.High = values.Quantile(o.Quantile), bounds.Low, bounds.High
	}
	if ref, ok := t.referenceQuantile(o, 1); ok {
		check.Reference = ref
	}
	if PlainBreach(values, o, t.cfg) && !t.fleetBreaches(o, check.Observed) {
		return t.plainLatency(o, values, check)
	}
	if values.Count() < t.cfg.MinSamples {
		check.Verdict = serving.VerdictInsufficientData
		check.Text = o.Name + ": " + t.missing(t.canary, values.Count())
		return finding{check: check}
	}
	check.Verdict, check.Text = t.latencyVerdict(o, check)
	check.Text = fmt.Sprintf("%s: %s %s (%s) against an objective of %s, %d samples%s%s", o.Name,
		quantileName(o.Quantile, o.Metric), seconds(check.Observed), t.interval(check.Low, check.High, seconds),
		seconds(o.Threshold), check.Samples, values.unfinished(), check.Text)
	return finding{check: check}
}

func (t trial) plainLatency(o serving.Objective, values Decisions, check serving.JudgeCheck) finding {
	check.Verdict = serving.VerdictFail
	check.Text = fmt.Sprintf("%s: %s %s against an objective of %s: %d of %d requests beyond it, %d beyond %g x it%s (hard abort, significance %g, at least %d requests)",
		o.Name, quantileName(o.Quantile, o.Metric), seconds(check.Observed), seconds(o.Threshold),
		values.Above(o.Threshold), values.Count(), values.Above(o.Threshold*t.cfg.HardAbortFactor),
		t.cfg.HardAbortFactor, values.unfinished(), t.cfg.HardAbortAlpha, t.cfg.EarlyAbortSamples)
	return finding{check: check, hard: true}
}

// latencyVerdict returns the verdict and what to add to its text.
func (t trial) latencyVerdict(o serving.Objective, check serving.JudgeCheck) (serving.Verdict, string) {
	if check.Observed <= o.Threshold {
		return serving.VerdictPass, ""
	}
	ref, known := t.referenceQuantile(o, t.cfg.MinSamples)
	if known && ref > o.Threshold {
		return t.sharedBreach(o, check.Observed, ref)
	}
	sure, _ := Bootstrap(t.canary.decided(o).Sample, o.Quantile, t.cfg.sure())
	switch {
	case sure.Low > o.Threshold:
		return serving.VerdictFail, "; beyond it with confidence"
	case check.Low > o.Threshold:
		return serving.VerdictInconclusive, t.notYetSure()
	}
	return serving.VerdictInconclusive, "; beyond it, but within the noise of the samples"
}

// sharedBreach judges a breach on both arms by whether the canary is worse.
func (t trial) sharedBreach(o serving.Objective, observed, ref float64) (serving.Verdict, string) {
	bounds, _ := BootstrapRatio(t.canary.decided(o).Sample, t.reference.decided(o).Sample, o.Quantile, t.cfg.resampling())
	estimate := ratio(observed, ref)
	verdict, how := serving.VerdictInconclusive, "perhaps worse"
	switch {
	case t.cfg.surely(estimate, bounds.Low) > t.cfg.MaxQuantileRatio:
		verdict, how = serving.VerdictFail, "worse"
	case estimate <= t.cfg.MaxQuantileRatio:
		verdict, how = serving.VerdictPass, "not worse"
	}
	return verdict, fmt.Sprintf("; %s breaks it too with %s, and the canary is %s (%sx, %s, limit %g)", t.reference.name,
		seconds(ref), how, number(estimate), t.interval(bounds.Low, bounds.High, number), t.cfg.MaxQuantileRatio)
}

// fleetBreaches reports that the reference breaks the objective as well and the
// canary's estimate is no worse, so that going back would help nobody.
func (t trial) fleetBreaches(o serving.Objective, observed float64) bool {
	ref, known := t.referenceQuantile(o, t.cfg.HardAbortSamples)
	return known && ref > o.Threshold && ratio(observed, ref) <= t.cfg.MaxQuantileRatio
}

// referenceQuantile is known when there is a reference with enough samples.
func (t trial) referenceQuantile(o serving.Objective, least int) (float64, bool) {
	if t.reference == nil {
		return 0, false
	}
	values := t.reference.decided(o)
	return values.Quantile(o.Quantile), values.Count() >= max(least, 1)
}
