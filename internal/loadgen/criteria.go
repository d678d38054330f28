package loadgen

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// defaultErrorRate is allowed when no objective says otherwise: a load that
// fails one request in a hundred is not one to run at.
const defaultErrorRate = 0.01

// criteria are the objectives of a load in the form in which requests are
// counted against them.
type criteria struct {
	latency []serving.Objective
	errors  float64 // greatest share of failed requests
	// errorsGiven: an objective says so, not the default.
	errorsGiven bool
	// attainment is the least share of requests that must be good; 0: no rule.
	attainment float64
}

func newCriteria(objectives []serving.Objective) criteria {
	c := criteria{errors: 1}
	for _, o := range objectives {
		switch {
		case o.IsLatency():
			c.latency = append(c.latency, o)
		case o.Metric == serving.MetricErrorRate:
			c.errors, c.errorsGiven = min(c.errors, o.Threshold), true
		case o.Metric == serving.MetricAvailability:
			c.errors, c.errorsGiven = min(c.errors, 1-o.Threshold), true
		}
	}
	if !c.errorsGiven {
		c.errors = defaultErrorRate
	}
	return c
}

func latencyOf(r Request, m serving.Metric) serving.Measure {
	switch m {
	case serving.MetricTTFT:
		return r.TTFTSeconds
	case serving.MetricITL:
		return r.ITLSeconds
	}
	return r.E2ESeconds
}

// good reports a whole answer within every latency objective. Where a metric
// has objectives on several quantiles, the one on the highest binds a single
// request: a median objective is meant to be missed by half of them.
func (c criteria) good(r Request) bool {
	if !r.Whole() {
		return false
	}
	for _, o := range c.latency {
		if v, ok := latencyOf(r, o.Metric).Get(); ok && o.Breached(v) && c.binds(o) {
			return false
		}
	}
	return true
}

func (c criteria) binds(o serving.Objective) bool {
	return !slices.ContainsFunc(c.latency, func(other serving.Objective) bool {
		return other.Metric == o.Metric && other.Quantile > o.Quantile
	})
}

// allowance is how many of n observations may exceed the threshold of an
// objective on the q-quantile: those above the nearest-rank quantile, the
// ceil(q*n)-th smallest.
func allowance(n int, q float64) int {
	const rounding = 1e-9 // 0.95*20 must be 19, not 19.000000000000004
	return n - int(math.Ceil(q*float64(n)-rounding))
}

// breaches lists the objectives that the requests broke. Abandoned requests
// count with the time they had waited, failed ones only as errors. With
// forgiveLag the generator's own lateness is taken off every latency.
func (c criteria) breaches(requests []Request, forgiveLag bool) []serving.Evidence {
	var out []serving.Evidence
	for _, o := range c.latency {
		var values []float64
		for _, r := range requests {
			if v, ok := observedBy(o, r, forgiveLag); ok {
				values = append(values, v)
			}
		}
		if e, broken := breachOf(o, values); broken {
			out = append(out, e)
		}
	}
	if e, broken := c.attainmentBreach(requests); broken {
		out = append(out, e)
	}
	failed := countErrors(requests)
	if share := float64(failed) / float64(max(1, len(requests))); share > c.errors {
		out = append(out, serving.Evidence{Name: ruleErrors, Observed: share, Threshold: c.errors,
			Text: fmt.Sprintf("%d of %d requests failed", failed, len(requests))})
	}
	return out
}

// attainmentBreach compares the share of requests that met all objectives
// together with the least allowed.
func (c criteria) attainmentBreach(requests []Request) (serving.Evidence, bool) {
	if c.attainment == 0 {
		return serving.Evidence{}, false
	}
	missed := missesOf(requests, func(r Request) bool { return !c.good(r) })
	bad := 0
	for _, m := range missed {
		if m {
			bad++
		}
	}
	kept := 1 - float64(bad)/float64(max(1, len(missed)))
	return serving.Evidence{Name: ruleAll, Observed: kept, Threshold: c.attainment,
		Text: fmt.Sprintf("%d of %d requests missed an objective", bad, len(missed))}, kept < c.attainment
}

// observedBy is the latency of a request as an objective sees it.
func observedBy(o serving.Objective, r Request, forgiveLag bool) (v float64, ok bool) {
	v, ok = latencyOf(r, o.Metric).Get()
	if forgiveLag && o.Metric != serving.MetricITL {
		v -= r.LagSeconds
	}
	return v, ok && (r.Whole() || r.Error == KindAbandoned)
}

// ruleName names an objective in evidence.
func ruleName(o serving.Objective) string {
	return fmt.Sprintf("%s_p%g_seconds", o.Metric, math.Round(o.Quantile*1e4)/1e2)
}

func breachOf(o serving.Objective, values []float64) (serving.Evidence, bool) {
	n := len(values)
	if n == 0 {
		return serving.Evidence{}, false
	}
	slices.Sort(values)
	observed := values[n-1-allowance(n, o.Quantile)]
	return serving.Evidence{
		Name:      ruleName(o),
		Observed:  observed,
		Threshold: o.Threshold,
		Text:      fmt.Sprintf("%s over %d requests", o.Name, n),
	}, o.Breached(observed)
}

func countErrors(requests []Request) int {
	failed := 0
	for _, r := range requests {
		if !r.Whole() && r.Error != KindAbandoned {
			failed++
		}
	}
	return failed
}

// hopeless reports an objective that cannot be kept any more, even if every
// request still to be sent or answered were perfect: as many have already
// missed it as the whole plan allows.
func (c criteria) hopeless(s sighting) (serving.Evidence, bool) {
	planned := countedShots(s.plan.shots, s.plan.warmup)
	failed := 0
	for _, l := range s.landed {
		if l.counted && !l.Whole() {
			failed++
		}
	}
	if allowed := c.errors * float64(planned); float64(failed) > allowed {
		return serving.Evidence{Name: "failed_requests", Observed: float64(failed), Threshold: allowed,
			Text: fmt.Sprintf("stopped early: %d of %d planned requests have failed already", failed, planned)}, true
	}
	for _, o := range c.latency {
		missed, allowed := countMissed(o, s), allowance(planned, o.Quantile)
		if missed > allowed {
			return serving.Evidence{Name: "missed_requests", Observed: float64(missed), Threshold: float64(allowed),
				Text: fmt.Sprintf("stopped early: %d of %d planned requests have missed %s already", missed, planned, o.Name)}, true
		}
	}
	return serving.Evidence{}, false
}

// countMissed counts the requests that ended beyond the threshold and those
// that have already waited for longer than it.
func countMissed(o serving.Objective, s sighting) int {
	missed := 0
	for _, l := range s.landed {
		if v, ok := latencyOf(l.Request, o.Metric).Get(); l.counted && l.Whole() && ok && o.Breached(v-max(0, l.LagSeconds)) {
			missed++
		}
	}
	if o.Metric == serving.MetricITL {
		return missed
	}
	limit := seconds(o.Threshold) + watchTick // the generator's own lateness is not held against it
	for _, w := range s.waiting {
		if s.now-w.at > limit && (o.Metric == serving.MetricE2E || !w.first) {
			missed++
		}
	}
	return missed
}
