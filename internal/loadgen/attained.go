package loadgen

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// defaultConfidence of the bounds that a step shows when no verdict hangs on
	// them.
	defaultConfidence = 0.95
	// earlyConfidence is asked of a decision before a rung's end. It is looked for
	// five times a second, and each look is a chance to be wrong: at 99.9% a rung
	// on the limit is decided wrongly less often than the 5% of one look at 95%.
	earlyConfidence = 0.999
	// missBatches is how many parts the dependence between neighbours is taken
	// from, each of missBatch requests at least.
	missBatches = 20
	missBatch   = 5
)

// names of the rules that are no objectives on a latency.
const (
	ruleErrors = "error_ratio"
	ruleAll    = "attainment"
)

// attained counts how often each rule was missed by the requests, which are in
// the order of their planned times.
func (c criteria) attained(requests []Request, forgiveLag bool, confidence float64) []serving.Attainment {
	var out []serving.Attainment
	for _, o := range c.latency {
		var missed []bool
		for _, r := range requests {
			if v, ok := observedBy(o, r, forgiveLag); ok {
				missed = append(missed, o.Breached(v))
			}
		}
		out = append(out, countMisses(ruleName(o), missed, o.AllowedShare(), confidence))
	}
	if c.errorsGiven {
		out = append(out, countMisses(ruleErrors, missesOf(requests, c.failed), c.errors, confidence))
	}
	if c.attainment > 0 {
		bad := func(r Request) bool { return !c.good(r) }
		out = append(out, countMisses(ruleAll, missesOf(requests, bad), 1-c.attainment, confidence))
	}
	return out
}

func (c criteria) failed(r Request) bool { return !r.Whole() }

// missesOf leaves out what the generator cut off: nobody knows how it would have
// ended.
func missesOf(requests []Request, missed func(Request) bool) []bool {
	var out []bool
	for _, r := range requests {
		if r.Error != KindAbandoned {
			out = append(out, missed(r))
		}
	}
	return out
}

// countMisses bounds the true share of misses by Wilson's interval over as many
// requests as would tell as much if they were independent. Rounding, to whole
// requests and millionths, widens it.
func countMisses(name string, missed []bool, allowed, confidence float64) serving.Attainment {
	a := serving.Attainment{Name: name, Requests: len(missed), Allowed: roundTo(allowed, 1e-9), High: 1}
	for _, m := range missed {
		if m {
			a.Missed++
		}
	}
	effect := designEffect(missed, a.Missed)
	n := int(float64(a.Requests) / effect)
	k := float64(a.Missed) / effect
	if i, ok := judge.Wilson(min(n, int(k)), n, confidence); ok {
		a.Low = math.Floor(i.Low*1e6) / 1e6
	}
	if i, ok := judge.Wilson(min(n, int(math.Ceil(k))), n, confidence); ok {
		a.High = min(1, math.Ceil(i.High*1e6)/1e6)
	}
	return a
}

// designEffect is by how much the share of misses varies more between parts of
// the load than it would if requests missed independently (batch means).
func designEffect(missed []bool, total int) float64 {
	n := len(missed)
	batches := min(missBatches, n/missBatch)
	if batches < missBatch || total == 0 || total == n {
		return 1
	}
	p, squares := float64(total)/float64(n), 0.0
	for b := range batches {
		from, to := b*n/batches, (b+1)*n/batches
		k := 0
		for _, m := range missed[from:to] {
			if m {
				k++
			}
		}
		d := float64(k)/float64(to-from) - p
		squares += d * d
	}
	size := float64(n) / float64(batches)
	effect := squares / float64(batches-1) * size / (p * (1 - p))
	return min(max(1, effect), size)
}

// decide is the verdict on all rules together: what is missed more often than is
// allowed beyond doubt fails, what is kept beyond doubt passes.
func decide(list []serving.Attainment) serving.Outcome3 {
	verdict := serving.RungPass
	for _, a := range list {
		switch {
		case a.Low > a.Allowed:
			return serving.RungFail
		case a.High > a.Allowed:
			verdict = serving.RungIndeterminate
		}
	}
	return verdict
}
