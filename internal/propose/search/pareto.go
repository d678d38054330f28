package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/propose"
)

// Front lists the full measurements (by their place in the history) that no other
// beats in goodput, latency and GPUs at once, in the order of the history.
func Front(seen []Observation) []int {
	var out []int
	for i, o := range seen {
		if inFull(o) && !beaten(o, seen) {
			out = append(out, i)
		}
	}
	return out
}

func inFull(o Observation) bool {
	return !o.Failed && !o.Pending && o.Fidelity >= 1 && o.MaxGood > 0 && o.E2EP95Seconds > 0
}

func beaten(o Observation, seen []Observation) bool {
	for _, other := range seen {
		if inFull(other) && dominates(other, o) {
			return true
		}
	}
	return false
}

// dominates is no worse in anything and better in something.
func dominates(a, b Observation) bool {
	ga, gb := propose.GPUs(a.Config), propose.GPUs(b.Config)
	noWorse := a.MaxGood >= b.MaxGood && a.E2EP95Seconds <= b.E2EP95Seconds && ga <= gb
	return noWorse && (a.MaxGood > b.MaxGood || a.E2EP95Seconds < b.E2EP95Seconds || ga < gb)
}

// Knee is the member of the front that is nearest to having the best of
// everything, on logarithmic scales from the front's worst to its best.
func Knee(seen []Observation, front []int) (int, bool) {
	nearest, found, least := 0, false, math.Inf(1)
	for _, i := range front {
		var sum float64
		for _, value := range []func(Observation) float64{goodness, swiftness, thrift} {
			low, high := span(seen, front, value)
			if high > low {
				d := (high - value(seen[i])) / (high - low)
				sum += d * d
			}
		}
		if sum < least {
			nearest, found, least = i, true, sum
		}
	}
	return nearest, found
}

func goodness(o Observation) float64  { return math.Log(o.MaxGood) }
func swiftness(o Observation) float64 { return -math.Log(o.E2EP95Seconds) }
func thrift(o Observation) float64    { return -math.Log(propose.GPUs(o.Config)) }

func span(seen []Observation, front []int, value func(Observation) float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, i := range front {
		low, high = min(low, value(seen[i])), max(high, value(seen[i]))
	}
	return low, high
}

// pareto says whether a front is wanted instead of one best.
func (p Problem) pareto() bool { return p.Objective == propose.ObjectivePareto }
