package activities

import (
	"maps"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// confirmTicks is how many looks in a row must show a breach or its end. One
// noisy window must not roll anything back; a breach that is hard or sure is believed at once.
const confirmTicks = 2

// watchState turns a series of looks into changes of state.
type watchState struct {
	in     WatchFleetInput
	open   map[string]serving.Violation
	breach map[string]int // looks in a row that showed the breach, by violation ID
	calm   map[string]int // looks in a row that showed an open one gone
	looks  map[string]int // looks that showed an open one, since that was last said
	drift  driftState
	ticks  int
	// counted are the looks of the window at a router that keeps no samples, oldest
	// first.
	counted []countedLook
	// tallied is the look up to which the budgets of such a router were counted.
	tallied countedLook
	// countAt and budgetAt are when events are counted and budgets evaluated next.
	countAt, budgetAt time.Time
}

func newWatchState(in WatchFleetInput) *watchState {
	s := &watchState{in: in, open: map[string]serving.Violation{}, breach: map[string]int{}, calm: map[string]int{}, looks: map[string]int{},
		drift: driftState{seen: map[string]int{}}}
	for _, v := range in.Open {
		s.open[v.ID] = v
	}
	return s
}

// judge returns the violations that opened and those that ended with this look.
func (s *watchState) judge(statuses []slo.Status, traffic serving.Traffic, now float64) (opened, resolved []serving.Violation) {
	s.ticks++
	breached := map[string]bool{}
	measured := map[serving.Variant]bool{}
	for _, status := range statuses {
		measured[status.Variant] = measured[status.Variant] || !status.NoData
		for _, v := range slo.Violations([]slo.Status{status}, now, "watch") {
			breached[v.ID] = true
			s.breach[v.ID]++
			if _, known := s.open[v.ID]; known {
				s.looks[v.ID]++
			} else if status.Hard || status.Sure || s.breach[v.ID] >= confirmTicks {
				s.open[v.ID] = v
				opened = append(opened, v)
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
	for _, id := range s.openIDs() {
		v := s.open[id]
		if v.Kind != "" {
			continue // see burning
		}
		gone := v.Variant != serving.Stable && traffic.Weights.Of(v.Variant) == 0
		if breached[id] || (!gone && !measured[v.Variant]) {
			s.calm[id] = 0
			continue
		}
		if s.calm[id]++; gone || s.calm[id] >= confirmTicks {
			resolved = append(resolved, v)
			s.forget(id)
		}
	}
	return resolved
}

// openIDs are those of the open violations, in order.
func (s *watchState) openIDs() []string { return slices.Sorted(maps.Keys(s.open)) }

// sighted are the open violations that looks have shown since that was last said.
func (s *watchState) sighted() []string { return slices.Sorted(maps.Keys(s.looks)) }

func (s *watchState) forget(id string) {
	delete(s.open, id)
	delete(s.calm, id)
	delete(s.looks, id)
}
