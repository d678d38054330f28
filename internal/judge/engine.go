package judge

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// engineLatency is the arm's histogram of a latency, ok if it has observations.
func (s side) engineLatency(m serving.Metric) (buckets, bool) {
	if s.Engine == nil {
		return buckets{}, false
	}
	h := s.Engine.Latency(m)
	if h == nil || !(h.Count > 0) || len(h.Bounds) == 0 || len(h.Counts) != len(h.Bounds) {
		return buckets{}, false
	}
	b := buckets{h: *h, perRequest: 1}
	if n, known := s.Engine.Requests().Get(); known && n > 0 {
		b.perRequest = max(1, h.Count/n)
	}
	return b, true
}

// engineChecks judge by what the engines say of themselves. Their latencies
// decide only where the router kept no single requests: it sees what users feel.
func (t trial) engineChecks() []finding {
	var out []finding
	if t.canary.Engine != nil || t.canary.Unsampled {
		for _, o := range t.objectives {
			if o.IsLatency() {
				out = append(out, t.engineObjective(o))
			}
		}
		if t.reference != nil {
			for _, m := range latencyMetrics {
				out = append(out, t.engineRatio(m)...)
			}
		}
	}
	for i := range out {
		out[i].check.Source = serving.SourceEngine
		out[i].informative = out[i].informative || !t.canary.Unsampled
	}
	return append(out, t.support()...)
}

// engineObjective judges the canary's histogram against an objective. A
// threshold between two bounds is judged by both: it is broken for certain only
// by what lies beyond the upper one, and kept only if what lies beyond the lower
// one may.
func (t trial) engineObjective(o serving.Objective) finding {
	check := serving.JudgeCheck{Metric: o.Metric, Test: "slo", Limit: o.Threshold, Verdict: serving.VerdictInsufficientData}
	b, ok := t.canary.engineLatency(o.Metric)
	if !ok {
		check.Text = fmt.Sprintf("%s: the engines of %s show no %s%s", o.Name, t.canary.name, metricName(o.Metric), t.canary.why())
		return finding{check: check}
	}
	certain, possible := b.above(o.Threshold)
	far, _ := b.above(o.Threshold * t.cfg.HardAbortFactor)
	bucket := b.bucketOf(o.Quantile)
	check.Samples, check.Observed = b.requests(), b.quantile(o.Quantile)
	check.Low, check.High = bucket.Low, finite(bucket.High, check.Observed)
	hard := PlainMisses(b.alone(far, 1), b.alone(certain, 1), b.requests(), o.AllowedShare(), t.cfg) && !t.engineFleetBreaches(o)
	check.Verdict, check.Text = t.missesVerdict(o, b, hard)
	check.Text = fmt.Sprintf("%s: by the engines' histogram %s lies in the bucket %s, %d to %d of %d beyond the objective of %s%s",
		o.Name, quantileName(o.Quantile, o.Metric), bucketName(bucket), certain, possible, b.count(), seconds(o.Threshold), check.Text)
	return finding{check: check, hard: hard}
}

func (t trial) missesVerdict(o serving.Objective, b buckets, hard bool) (serving.Verdict, string) {
	effect, allowed, n := t.cfg.HistogramEffect, o.AllowedShare(), float64(b.count())
	certain, possible := b.above(o.Threshold)
	if hard {
		return serving.VerdictFail, fmt.Sprintf("; plainly (hard abort, significance %g)", t.cfg.HardAbortAlpha)
	}
	if b.requests() < t.cfg.MinSamples {
		return serving.VerdictInsufficientData, "; " + t.missing(t.canary, b.requests())
	}
	low, _ := ClopperPearson(b.alone(certain, effect), b.alone(b.count(), effect), t.cfg.sure())
	switch {
	case t.engineFleetBreaches(o):
		return serving.VerdictPass, fmt.Sprintf("; %s breaks it too, and no less", t.reference.name)
	case low.Low > allowed:
		return serving.VerdictFail, "; beyond it with confidence"
	case float64(possible) <= allowed*n:
		return serving.VerdictPass, ""
	case float64(certain) > allowed*n:
		return serving.VerdictInconclusive, "; beyond it, but within the noise of the requests"
	}
	return serving.VerdictInconclusive, "; the buckets are too wide to tell"
}

// engineFleetBreaches reports that the reference's histogram breaks the
// objective too, for certain, and the canary's by no greater share.
func (t trial) engineFleetBreaches(o serving.Objective) bool {
	if t.reference == nil {
		return false
	}
	c, okC := t.canary.engineLatency(o.Metric)
	r, okR := t.reference.engineLatency(o.Metric)
	if !okC || !okR || r.requests() < t.cfg.HardAbortSamples {
		return false
	}
	mine, _ := c.above(o.Threshold)
	theirs, _ := r.above(o.Threshold)
	share := float64(theirs) / float64(r.count())
	return share > o.AllowedShare() && float64(mine)/float64(c.count()) <= share*t.cfg.MaxQuantileRatio
}

// engineRatio compares the tail of one latency between the arms' histograms. A
// failure needs both: the interpolated ratio beyond the limit with confidence,
// and more of the canary's requests beyond the bound next to the reference's
// quantile, which no interpolation can feign.
func (t trial) engineRatio(m serving.Metric) []finding {
	c, okC := t.canary.engineLatency(m)
	r, okR := t.reference.engineLatency(m)
	if !okC && !okR {
		return nil
	}
	check := serving.JudgeCheck{Metric: m, Test: "quantile-ratio", Limit: t.cfg.MaxQuantileRatio,
		Verdict: serving.VerdictInsufficientData, Samples: min(c.requests(), r.requests())}
	for _, arm := range []struct {
		side
		n int
	}{{t.canary, c.requests()}, {*t.reference, r.requests()}} {
		if arm.n < t.cfg.MinSamples {
			check.Text = fmt.Sprintf("%s: %s%s", quantileName(t.cfg.RatioQuantile, m), t.missing(arm.side, arm.n), arm.why())
			return []finding{{check: check}}
		}
	}
	if !sameBuckets(c, r) {
		check.Verdict, check.Text = serving.VerdictInconclusive, metricName(m)+": the engines of the arms use other buckets"
		return []finding{{check: check, informative: true}}
	}
	bounds := ratioOfBuckets(c, r, t.cfg.RatioQuantile, t.cfg.HistogramEffect, t.cfg.resampling())
	check.Observed, check.Reference = c.quantile(t.cfg.RatioQuantile), r.quantile(t.cfg.RatioQuantile)
	check.Low, check.High = bounds.Low, bounds.High
	check.Verdict, check.Text = t.bucketRatioVerdict(check, c, r)
	check.Text = fmt.Sprintf("by the engines' histograms %s %s vs %s on %s (%sx, %s, limit %g; buckets %s and %s), %d and %d requests%s",
		quantileName(t.cfg.RatioQuantile, m), seconds(check.Observed), seconds(check.Reference), t.reference.name,
		number(ratio(check.Observed, check.Reference)), t.interval(bounds.Low, bounds.High, number), check.Limit,
		bucketName(c.bucketOf(t.cfg.RatioQuantile)), bucketName(r.bucketOf(t.cfg.RatioQuantile)), c.requests(), r.requests(), check.Text)
	return []finding{{check: check}}
}

func (t trial) bucketRatioVerdict(check serving.JudgeCheck, c, r buckets) (serving.Verdict, string) {
	p := t.beyondByChance(c, r)
	switch {
	case t.cfg.surely(ratio(check.Observed, check.Reference), check.Low) > check.Limit && p <= t.cfg.level(1-t.cfg.Confidence):
		return serving.VerdictFail, fmt.Sprintf("; more requests beyond the bound there, p %.2g", p)
	case check.High <= check.Limit:
		return serving.VerdictPass, ""
	case t.cfg.Strict:
		return serving.VerdictInconclusive, "; not shown to be within the limit"
	case ratio(check.Observed, check.Reference) > check.Limit && p <= 1-t.cfg.DoubtConfidence:
		return serving.VerdictInconclusive, fmt.Sprintf("; perhaps worse, p %.2g", p)
	}
	return t.settledByHistogram(check.Metric, c)
}

// beyondByChance is how likely it is that so many more of the canary's requests
// lie beyond the bound next to the reference's quantile if nothing is different.
func (t trial) beyondByChance(c, r buckets) float64 {
	_, i := r.nearest(t.cfg.RatioQuantile)
	effect := t.cfg.HistogramEffect
	return TwoProportion(c.alone(c.beyondBound(i), effect), c.alone(c.count(), effect),
		r.alone(r.beyondBound(i), effect), r.alone(r.count(), effect))
}

// settledByHistogram decides on a ratio that nothing speaks against by what the
// owner of the fleet promised.
func (t trial) settledByHistogram(m serving.Metric, c buckets) (serving.Verdict, string) {
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
		_, possible := c.above(o.Threshold)
		effect := t.cfg.HistogramEffect
		bounds, _ := ClopperPearson(c.alone(possible, effect), c.alone(c.count(), effect), t.cfg.Confidence)
		if bounds.High > o.AllowedShare() {
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

// disagreements are the metrics on which router and engines come to opposite
// verdicts by the same test.
func disagreements(findings []finding) []string {
	var out []string
	for _, e := range findings {
		if e.check.Source != serving.SourceEngine || !settled(e.check.Verdict) {
			continue
		}
		for _, r := range findings {
			same := r.check.Source == "" && r.check.Metric == e.check.Metric && r.check.Test == e.check.Test
			if same && settled(r.check.Verdict) && r.check.Verdict != e.check.Verdict {
				text := fmt.Sprintf("%s: the router's requests say %s, the engines' histograms %s", metricName(e.check.Metric), r.check.Verdict, e.check.Verdict)
				if !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

func settled(v serving.Verdict) bool { return v == serving.VerdictPass || v == serving.VerdictFail }

// why says what kept an arm's engines from being counted.
func (s side) why() string {
	if s.NoEngine == "" {
		return ""
	}
	return " (" + s.NoEngine + ")"
}

func bucketName(b Interval) string {
	if math.IsInf(b.High, 1) {
		return "beyond " + seconds(b.Low)
	}
	return number(b.Low) + "-" + seconds(b.High)
}

// finite keeps an infinite bound out of JSON, which has no word for it.
func finite(v, instead float64) float64 {
	if math.IsInf(v, 0) {
		return instead
	}
	return v
}
