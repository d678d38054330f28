package propose

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// addReplicas advises a larger fleet where a finding says that capacity itself
// may be what is missing.
func addReplicas(s scope) []idea {
	var kinds []serving.BottleneckKind
	for _, b := range s.Bottlenecks {
		if slices.Contains(b.Families, serving.FamilyReplicas) && b.Kind != serving.BottleneckImbalance && b.Kind != serving.BottleneckOversized {
			kinds = append(kinds, b.Kind)
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	n := s.replicas()
	want, basis := s.replicasFor(n)
	return []idea{{
		published: serving.Effect{ThroughputLow: 0.9 * float64(want) / float64(n), ThroughputHigh: 1.05 * float64(want) / float64(n), Basis: basis},
		recommendation: s.withReason(serving.Recommendation{
			ID: "replicas/add-" + count(want-n), Family: serving.FamilyReplicas, Risk: serving.RiskGPUSurge,
			Title:         fmt.Sprintf("Run %d replicas instead of %d", want, n),
			Mechanism:     "Replicas share nothing, so capacity grows with their number; each then runs a smaller batch, which shortens queues and gaps.",
			WrongIf:       "a change of flags serves the load on the GPUs at hand, or prefixes that one replica had cached are spread over several",
			Prerequisites: []string{fmt.Sprintf("%d spare GPUs (%s)", (want-n)*max(s.Fleet.Hardware.GPUs, 1), s.Fleet.Hardware.GPU), "nobody but a person adds replicas"},
		}, "what the flags can give may not be enough", kinds...),
	}}
}

// mostAdded bounds advice that rests on a prediction.
const mostAdded = 2

// replicasFor is how many replicas the observed rate needs, at least one more
// and at most mostAdded times as many. While a queue grows less finishes than
// arrives, so it is a lower bound.
func (s scope) replicasFor(n int) (want int, basis string) {
	want, basis = n+1, "capacity in proportion to replicas"
	m, err := perfmodel.New(s.mended, s.Fleet.Hardware)
	if err != nil {
		return want, basis
	}
	if rate := perfmodel.MaxRate(m, s.Workload, s.Fleet.SLOs); rate > 0 {
		needed := int(math.Ceil(s.Workload.RatePerSecond / rate))
		want = min(max(want, needed), mostAdded*n+1)
		basis += fmt.Sprintf("; performance model: %.1f requests a second within the objectives on each, %.1f observed in all", rate, s.Workload.RatePerSecond)
	}
	return want, basis
}

// rebalance advises to spread the load evenly.
func rebalance(s scope) []idea {
	_, found := s.finding(serving.BottleneckImbalance)
	if !found {
		return nil
	}
	n := float64(s.replicas())
	return []idea{{
		published: serving.Effect{ThroughputLow: 1, ThroughputHigh: n, Basis: "bound: one replica may be doing the work of all"},
		recommendation: s.withReason(serving.Recommendation{
			ID: "replicas/rebalance", Family: serving.FamilyReplicas, Risk: serving.RiskCheap,
			Title:         "Spread requests by load: least requests instead of sessions or round robin, or replace the slow replica",
			Mechanism:     "The busiest replica sets the latency of its users while others have room; a router that counts running requests, or weighs by queue and KV usage, evens it out.",
			WrongIf:       "sessions are kept on one replica for their cached prefixes on purpose: then bound the load by replica instead",
			Prerequisites: []string{"a look at the router's policy and at the busiest replica's host: the same number of requests on a slower machine looks alike"},
		}, "one replica carries more than its part", serving.BottleneckImbalance),
	}}
}

// removeReplicas advises a smaller fleet.
func removeReplicas(s scope) []idea {
	_, found := s.finding(serving.BottleneckOversized)
	n := s.replicas()
	if !found || n < 2 {
		return nil
	}
	return []idea{{
		published: serving.Effect{ThroughputLow: float64(n-1) / float64(n), ThroughputHigh: 1, Basis: "capacity in proportion to replicas; the load needs less"},
		recommendation: s.withReason(serving.Recommendation{
			ID: "replicas/remove-1", Family: serving.FamilyReplicas, Risk: serving.RiskCheap,
			Title:         fmt.Sprintf("Run %d replicas instead of %d", n-1, n),
			Mechanism:     "A GPU that waits costs as much as one that works; the remaining replicas run larger batches, which decode more tokens for the same reading of weights.",
			WrongIf:       "the day's peak lies outside the window, or the spare replica is there for failures",
			Prerequisites: []string{"a look at the peak of the last week", "nobody but a person removes replicas"},
		}, "the load fits fewer replicas", serving.BottleneckOversized),
	}}
}
