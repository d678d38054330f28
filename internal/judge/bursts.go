package judge

import (
	"fmt"
	"math"
)

// failureEffect is the design effect of counting failures: those that come in
// bursts, as while an engine restarts, are one event and not many.
func (t trial) failureEffect() float64 {
	arms := [][]float64{t.canary.failures}
	if t.reference != nil {
		arms = append(arms, t.reference.failures)
	}
	var known [][]float64
	for _, failures := range arms {
		if len(failures) >= 4 {
			known = append(known, failures)
		}
	}
	return summedEffect(correlations(known), 1)
}

// riseByChance is TwoProportion on what is left of the counts when failures of
// one burst count as what they tell.
func (t trial) riseByChance(effect float64) float64 {
	c, r := t.canary, *t.reference
	return TwoProportion(discounted(c.failed, effect), discounted(c.requests, effect),
		discounted(r.failed, effect), discounted(r.requests, effect))
}

// discounted is a count of dependent events as one of independent events.
func discounted(n int, effect float64) int { return int(math.Round(float64(n) / effect)) }

// inBursts mentions a design effect that matters.
func inBursts(effect float64) string {
	if effect < 1/dependent {
		return ""
	}
	return fmt.Sprintf("; failures come in bursts: %.1f of them tell as much as one alone", effect)
}
