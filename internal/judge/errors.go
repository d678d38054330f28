package judge

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// errorObjective judges the canary's failures against an objective on the error
// rate or the availability.
func (t trial) errorObjective(o serving.Objective) finding {
	allowed, c := o.AllowedShare(), t.canary
	check := serving.JudgeCheck{Metric: o.Metric, Test: "slo", Limit: o.Threshold, Samples: c.requests}
	of := func(rate float64) float64 { return rate }
	if o.Metric == serving.MetricAvailability {
		of = func(rate float64) float64 { return 1 - rate }
	}
	rate, measured := c.errorRate().Get()
	effect := t.failureEffect()
	bounds, _ := ClopperPearson(discounted(c.failed, effect), discounted(c.requests, effect), t.cfg.Confidence)
	if measured {
		check.Observed = of(rate)
		check.Low, check.High = min(of(bounds.Low), of(bounds.High)), max(of(bounds.Low), of(bounds.High))
	}
	if t.reference != nil {
		check.Reference = of(t.reference.errorRate().Or(0))
	}
	hard := PlainErrors(c.counted(), allowed, t.cfg) && !t.fleetFails(allowed)
	if !hard && c.requests < t.cfg.MinSamples {
		check.Verdict = serving.VerdictInsufficientData
		check.Text = o.Name + ": " + t.missing(c, c.requests)
		return finding{check: check}
	}
	check.Verdict, check.Text = t.errorVerdict(allowed, rate, bounds, hard)
	check.Text = fmt.Sprintf("%s: %d of %d requests failed (%s, %s) against an objective of %s%s%s", o.Name, c.failed,
		c.requests, percent(rate), t.interval(bounds.Low, bounds.High, percent), percent(allowed), check.Text, inBursts(effect))
	return finding{check: check, hard: hard}
}

// errorVerdict returns the verdict and what to add to its text.
func (t trial) errorVerdict(allowed, rate float64, bounds Interval, hard bool) (serving.Verdict, string) {
	switch {
	case hard:
		return serving.VerdictFail, fmt.Sprintf("; plainly beyond %s (hard abort, significance %g, at least %d failures)",
			percent(plainErrorRate(allowed, t.cfg)), t.cfg.HardAbortAlpha, t.cfg.EarlyAbortSamples)
	case rate <= allowed:
		return serving.VerdictPass, ""
	case t.fleetFails(allowed):
		return serving.VerdictPass, fmt.Sprintf("; %s breaks it too with %s, and the canary is not worse",
			t.reference.name, percent(t.reference.errorRate().Or(0)))
	case t.surelyAbove(allowed):
		return serving.VerdictFail, "; beyond it with confidence"
	case bounds.Low > allowed:
		return serving.VerdictInconclusive, t.notYetSure()
	}
	return serving.VerdictInconclusive, "; beyond it, but within the noise of the requests"
}

// surelyAbove reports that more than the allowed share of the canary's requests
// fails, as sure as this look demands.
func (t trial) surelyAbove(allowed float64) bool {
	effect := t.failureEffect()
	bounds, _ := ClopperPearson(discounted(t.canary.failed, effect), discounted(t.canary.requests, effect), t.cfg.sure())
	return bounds.Low > allowed
}

// fleetFails reports that the reference is beyond the allowed share as well and
// nothing suggests that the canary fails more.
func (t trial) fleetFails(allowed float64) bool {
	if t.reference == nil || t.reference.requests < t.cfg.HardAbortSamples {
		return false
	}
	rate, _ := t.reference.errorRate().Get()
	return rate > allowed && t.riseByChance(t.failureEffect()) > t.cfg.ErrorDoubtAlpha
}

// errorLimit fails a canary whose requests plainly fail although no objective
// is stated on errors: an engine that is gone must not wait for one.
func (t trial) errorLimit() []finding {
	for _, o := range t.objectives {
		if !o.IsLatency() {
			return nil
		}
	}
	c := t.canary
	if !PlainErrors(c.counted(), 0, t.cfg) || t.fleetFails(t.cfg.HardAbortErrorRate) {
		return nil
	}
	rate, _ := c.errorRate().Get()
	bounds, _ := ClopperPearson(c.failed, c.requests, t.cfg.Confidence)
	return []finding{{hard: true, check: serving.JudgeCheck{
		Metric: serving.MetricErrorRate, Test: "slo", Verdict: serving.VerdictFail, Observed: rate,
		Low: bounds.Low, High: bounds.High, Limit: t.cfg.HardAbortErrorRate, Samples: c.requests,
		Text: fmt.Sprintf("%d of %d requests failed (%s), plainly beyond the limit of %s (hard abort, significance %g)",
			c.failed, c.requests, percent(rate), percent(t.cfg.HardAbortErrorRate), t.cfg.HardAbortAlpha),
	}}}
}

// errorRates compares the failures of the arms.
func (t trial) errorRates() finding {
	c, r := t.canary, *t.reference
	check := serving.JudgeCheck{Metric: serving.MetricErrorRate, Test: "two-proportion",
		Observed: c.errorRate().Or(0), Reference: r.errorRate().Or(0), Limit: t.cfg.MinErrorIncrease, Samples: c.requests}
	for _, arm := range []side{c, r} {
		if arm.requests < t.cfg.MinSamples {
			check.Verdict, check.Text = serving.VerdictInsufficientData, "error rate: "+t.missing(arm, arm.requests)
			return finding{check: check}
		}
	}
	effect := t.failureEffect()
	p, increase := t.riseByChance(effect), check.Observed-check.Reference
	check.PValue = serving.Known(p)
	bounds, _ := Newcombe(c.failed, c.requests, r.failed, r.requests, t.cfg.Confidence)
	check.Low, check.High = bounds.Low, bounds.High
	switch {
	case increase < t.cfg.MinErrorIncrease || p > t.cfg.ErrorDoubtAlpha:
		check.Verdict = serving.VerdictPass
	case p <= t.cfg.level(t.cfg.ErrorAlpha):
		check.Verdict = serving.VerdictFail
	default:
		check.Verdict = serving.VerdictInconclusive
	}
	check.Text = fmt.Sprintf("error rate %s (%d of %d) vs %s (%d of %d) on %s (%s of the rise, p %.2g, significant at %.2g, least rise %s)%s",
		percent(check.Observed), c.failed, c.requests, percent(check.Reference), r.failed, r.requests, r.name,
		t.interval(bounds.Low, bounds.High, percent), p, t.cfg.level(t.cfg.ErrorAlpha), percent(t.cfg.MinErrorIncrease), inBursts(effect))
	return finding{check: check}
}
