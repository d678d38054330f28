package judge

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// quantileRatio compares the tail of one latency between the arms, and its
// location for information. A latency that neither arm has (no streaming, one
// token answers) is not judged here; an objective on it still wants data.
func (t trial) quantileRatio(m serving.Metric) []finding {
	c, r := t.canary.latency(m), t.reference.latency(m)
	if c.Count() == 0 && r.Count() == 0 {
		return nil
	}
	check := serving.JudgeCheck{Metric: m, Test: "quantile-ratio", Limit: t.cfg.MaxQuantileRatio, Samples: min(c.Count(), r.Count())}
	for _, arm := range []side{t.canary, *t.reference} {
		if n := arm.latency(m).Count(); n < t.cfg.MinSamples {
			check.Verdict = serving.VerdictInsufficientData
			check.Text = fmt.Sprintf("%s: %s", quantileName(t.cfg.RatioQuantile, m), t.missing(arm, n))
			return []finding{{check: check}}
		}
	}
	bounds, _ := BootstrapRatio(c, r, t.cfg.RatioQuantile, t.cfg.resampling())
	check.Observed, check.Reference = c.Quantile(t.cfg.RatioQuantile), r.Quantile(t.cfg.RatioQuantile)
	check.Low, check.High = bounds.Low, bounds.High
	effective := EffectiveCounts(t.cfg.RatioQuantile, c, r)
	check.Verdict, check.Text = t.ratioVerdict(check, slices.Min(effective) >= t.cfg.LeastEffective())
	if check.Verdict == serving.VerdictInconclusive {
		check.Text += t.wanted(check, bounds)
	}
	check.Text = fmt.Sprintf("%s %s vs %s on %s (%sx, %s, limit %g), %d and %d samples%s%s%s",
		quantileName(t.cfg.RatioQuantile, m), seconds(check.Observed), seconds(check.Reference), t.reference.name,
		number(ratio(check.Observed, check.Reference)), t.interval(bounds.Low, bounds.High, number), check.Limit,
		c.Count(), r.Count(), t.independent(c, effective), t.loads(), check.Text)
	return []finding{{check: check}, t.location(m, c, r)}
}

// ratioVerdict returns the verdict and what to add to its text. Without enough
// independent requests an interval says nothing: its ends are the greatest values
// seen, and a reference that saw one quiet minute has not seen its own tail.
func (t trial) ratioVerdict(check serving.JudgeCheck, enough bool) (serving.Verdict, string) {
	low := t.cfg.surely(ratio(check.Observed, check.Reference), check.Low)
	switch {
	case check.Low > check.Limit && check.Observed-check.Reference < t.cfg.MinWorseningSeconds:
		return serving.VerdictPass, fmt.Sprintf("; worse by less than %s, which nobody feels", seconds(t.cfg.MinWorseningSeconds))
	case check.Low > check.Limit && !enough:
		return serving.VerdictInconclusive, "; worse, but by too few independent requests"
	case low > check.Limit:
		return serving.VerdictFail, ""
	case check.Low > check.Limit:
		return serving.VerdictInconclusive, t.notYetSure()
	case check.High <= check.Limit && enough:
		return serving.VerdictPass, ""
	case t.cfg.Strict:
		return serving.VerdictInconclusive, "; not shown to be within the limit"
	case t.doubtful(check):
		return serving.VerdictInconclusive, fmt.Sprintf("; perhaps worse: above 1 at %s%% confidence", number(t.cfg.DoubtConfidence*100))
	}
	return t.settledByObjectives(check.Metric)
}

// doubtful reports an estimate beyond the limit that is more than noise.
func (t trial) doubtful(check serving.JudgeCheck) bool {
	if ratio(check.Observed, check.Reference) <= check.Limit {
		return false
	}
	r := t.cfg.resampling()
	r.Confidence = t.cfg.DoubtConfidence
	bounds, _ := BootstrapRatio(t.canary.latency(check.Metric), t.reference.latency(check.Metric), t.cfg.RatioQuantile, r)
	return bounds.Low > 1
}

// settledByObjectives decides on a ratio that the samples do not resolve and that
// nothing speaks against, by what the owner of the fleet has promised.
func (t trial) settledByObjectives(m serving.Metric) (serving.Verdict, string) {
	latencies, onMetric := 0, 0
	for _, o := range t.objectives {
		if !o.IsLatency() {
			continue
		}
		latencies++
		if o.Metric != m {
			continue
		}
		onMetric++
		bounds, ok := Bootstrap(t.canary.decided(o).Sample, o.Quantile, t.cfg.Confidence)
		if !ok || bounds.High > o.Threshold {
			return serving.VerdictInconclusive, fmt.Sprintf("; not shown to be within the limit, nor %s to be kept", o.Name)
		}
	}
	switch {
	case onMetric > 0:
		return serving.VerdictPass, "; not resolved, but the objective is met with confidence"
	case latencies > 0:
		return serving.VerdictPass, "; not resolved, no worsening shown, and no objective is stated on it"
	}
	return serving.VerdictInconclusive, "; not shown to be within the limit"
}

// location reports whether the canary is slower on the whole.
func (t trial) location(m serving.Metric, c, r Sample) finding {
	check := serving.JudgeCheck{Metric: m, Test: "location", Verdict: serving.VerdictPass,
		Observed: c.Quantile(0.5), Reference: r.Quantile(0.5), Samples: min(c.Count(), r.Count())}
	result, _ := MannWhitney(c, r)
	effect := SharedWindowEffect(c, r)
	shift, _ := HodgesLehmann(c, r, t.cfg.Confidence, effect)
	check.Text = fmt.Sprintf("for information: median %s %s vs %s on %s, a canary request is slower in %s of pairs and by %s (%s)",
		metricName(m), seconds(check.Observed), seconds(check.Reference), t.reference.name, percent(result.CLES),
		seconds(shift.Estimate), t.interval(shift.Low, shift.High, seconds))
	if float64(check.Samples)/effect < t.cfg.LeastEffective() {
		check.Text += fmt.Sprintf("; no p-value, since %.1f of these requests tell as much as one alone", effect)
		return finding{check: check, informative: true}
	}
	check.PValue = serving.Known(result.Inflated(effect))
	check.Text += fmt.Sprintf("; Mann-Whitney p %.2g", check.PValue.Or(1))
	return finding{check: check, informative: true}
}

// unequalLoad is the ratio of loads a replica beyond which a comparison of
// latencies is no longer one of like with like.
const unequalLoad = 1.25

// dependent is the share of independent requests below which they are mentioned.
const dependent = 0.8

// independent says how many requests there are in effect where that is fewer
// than were counted.
func (t trial) independent(c Sample, effective []float64) string {
	if effective[0] >= dependent*float64(c.Count()) {
		return ""
	}
	return fmt.Sprintf(" that tell as much as %.0f and %.0f independent ones (at least %g are needed)",
		effective[0], effective[1], t.cfg.LeastEffective())
}

// wanted says how many samples might settle it.
func (t trial) wanted(check serving.JudgeCheck, bounds Interval) string {
	n := toSettle(check.Samples, ratio(check.Observed, check.Reference), bounds, check.Limit)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; about %d samples an arm would settle it", n)
}

// loads says how busy the arms were where that differs.
func (t trial) loads() string {
	c, okC := t.canary.load().Get()
	r, okR := t.reference.load().Get()
	if !okC || !okR || max(c, r) <= unequalLoad*min(c, r) {
		return ""
	}
	return fmt.Sprintf(", at unequal loads of %.3g and %.3g requests/s a replica", c, r)
}
