package activities

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// confirmTicks is how many looks in a row must show a breach or its end. One
// noisy window must not roll anything back; a hard breach is believed at once.
const confirmTicks = 2

// watchState turns a series of looks into changes of state.
type watchState struct {
	in     WatchFleetInput
	open   map[string]serving.Violation
	breach map[string]int // looks in a row that showed the breach, by violation ID
	calm   map[string]int // looks in a row that showed an open one gone
	drift  int
	ticks  int
}

func newWatchState(in WatchFleetInput) *watchState {
	s := &watchState{in: in, open: map[string]serving.Violation{}, breach: map[string]int{}, calm: map[string]int{}}
	for _, v := range in.Open {
		s.open[v.ID] = v
	}
	return s
}

// judge returns the violations that opened and those that ended with this look.
func (s *watchState) judge(arms []serving.ArmObservation, traffic serving.Traffic, now float64) (opened, resolved []serving.Violation) {
	s.ticks++
	breached := map[string]bool{}
	measured := map[serving.Variant]bool{}
	for _, arm := range arms {
		for _, status := range slo.Evaluate(s.in.Fleet.SLOs, arm, s.in.Fleet.Name, arm.Variant, s.in.MinSamples) {
			measured[arm.Variant] = measured[arm.Variant] || !status.NoData
			for _, v := range slo.Violations([]slo.Status{status}, now, "watch") {
				breached[v.ID] = true
				s.breach[v.ID]++
				if _, known := s.open[v.ID]; !known && (status.Hard || s.breach[v.ID] >= confirmTicks) {
					s.open[v.ID] = v
					opened = append(opened, v)
				}
			}
		}
	}
	for id := range s.breach {
		if !breached[id] {
			delete(s.breach, id)
		}
	}
	return opened, s.ended(breached, measured, traffic)
}

// ended finds open violations that are over: measured and within the objective
// again, or of a variant that gets no traffic any more.
func (s *watchState) ended(breached map[string]bool, measured map[serving.Variant]bool, traffic serving.Traffic) []serving.Violation {
	var resolved []serving.Violation
	for id, v := range s.open {
		gone := v.Variant != serving.Stable && traffic.Weights.Of(v.Variant) == 0
		if breached[id] || (!gone && !measured[v.Variant]) {
			s.calm[id] = 0
			continue
		}
		if s.calm[id]++; gone || s.calm[id] >= confirmTicks {
			resolved = append(resolved, v)
			delete(s.open, id)
			delete(s.calm, id)
		}
	}
	slices.SortFunc(resolved, func(a, b serving.Violation) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return resolved
}

// drifting reports weights that nobody owns, seen on several looks in a row: a
// rollout that is just starting or ending must not be taken for drift.
func (s *watchState) drifting(unowned bool) bool {
	if !unowned {
		s.drift = 0
		return false
	}
	s.drift++
	return s.drift > confirmTicks
}
