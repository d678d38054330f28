package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// driftState turns looks at production into deviations that are believed.
type driftState struct {
	seen map[string]int // looks in a row that showed a deviation, by its key
	// running is what the provisioner described last, at describedAt.
	running     []serving.VariantStatus
	described   bool
	describedAt time.Time
	revealed    map[string]string // by stable's engines, with the last snapshot
	snapped     bool              // a snapshot was taken, so that revealed is known
}

// believedAfter is how many looks in a row must show a deviation: a rollout that
// is just starting or ending must not be taken for drift. Variants are looked at
// less often than weights, so fewer looks of them take as long.
func believedAfter(kind serving.DeviationKind) int {
	if kind == serving.DeviatingWeights {
		return confirmTicks + 1
	}
	return confirmTicks
}

// lookForDrift compares production with the record. Asking who owns the fleet
// costs a call, so it is asked only when something looks odd.
func (a *Watch) lookForDrift(ctx context.Context, in WatchFleetInput, state *watchState, traffic serving.Traffic, result *WatchFleetResult) error {
	fresh := a.describe(ctx, in, &state.drift)
	over := fresh && (state.drift.snapped || in.SnapshotSeconds <= 0)
	look := serving.Observed{Traffic: traffic, Running: state.drift.running, Described: state.drift.described, Revealed: state.drift.revealed}
	if !in.Fleet.Suspicious(look) {
		state.drift.seen = map[string]int{}
		result.Recovered = len(in.Known) > 0 && over
		return nil
	}
	owner, err := a.owners.Owners(ctx, in.Fleet.Name)
	if err != nil {
		return fmt.Errorf("look for the owners of %s: %w", in.Fleet.Name, err)
	}
	believed, pending := state.drift.confirm(in.Fleet.Deviations(look, owner), fresh)
	keys := keysOf(believed)
	switch {
	case slices.ContainsFunc(keys, func(k string) bool { return !slices.Contains(in.Known, k) }):
		result.Drift, result.Deviations, result.Running, result.Abandoned = &traffic, believed, look.Running, owner.Abandoned
	case len(keys) < len(in.Known) && !pending && over:
		result.Recovered, result.Deviations = true, believed
	}
	return nil
}

// describe looks at the variants when it is time, and says whether it did. A
// provisioner that does not answer is no deviation.
func (a *Watch) describe(ctx context.Context, in WatchFleetInput, s *driftState) bool {
	if in.DescribeSeconds <= 0 || time.Since(s.describedAt) < seconds(in.DescribeSeconds) {
		return in.DescribeSeconds <= 0
	}
	s.describedAt = time.Now()
	running, err := a.metrics.describer.Describe(ctx, in.Fleet)
	if err != nil {
		activity.GetLogger(ctx).Warn("variants cannot be described", "fleet", in.Fleet.Name, "error", err)
		s.described = false
		return false
	}
	s.running, s.described = running, true
	return true
}

// confirm counts the looks that showed each deviation and returns those that are
// believed, and whether others may become so. What rests on the same look at the
// variants as before counts once.
func (s *driftState) confirm(found []serving.Deviation, fresh bool) (believed []serving.Deviation, pending bool) {
	seen := map[string]int{}
	for _, d := range found {
		n := s.seen[d.Key()]
		if fresh || d.Kind == serving.DeviatingWeights || n == 0 {
			n++
		}
		seen[d.Key()] = n
		if n >= believedAfter(d.Kind) {
			believed = append(believed, d)
		} else {
			pending = true
		}
	}
	s.seen = seen
	return believed, pending
}

func keysOf(list []serving.Deviation) []string {
	keys := make([]string, 0, len(list))
	for _, d := range list {
		keys = append(keys, d.Key())
	}
	return keys
}
