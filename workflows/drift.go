package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// drifted reports what is not as recorded, with the reason as far as known, and
// repairs what the fleet's policy lets it. A watch of before kinds of deviation
// only reports weights, which were always repaired.
func (m *monitor) drifted(ctx workflow.Context, fleet serving.Fleet, seen activities.WatchFleetResult) {
	if len(seen.Deviations) == 0 {
		m.repair(ctx, fleet, seen)
		return
	}
	// The watch may have begun before a promotion that is over by now: only what
	// deviates from the record of today is drift.
	var now activities.LoadFleetResult
	err := workflow.ExecuteActivity(undoingQuickly(ctx, "load fleet again"), fleets.LoadFleet,
		activities.LoadFleetInput{Name: m.in.Fleet}).Get(ctx, &now)
	if err != nil || !now.Fleet.Config.Equal(fleet.Config) || now.Fleet.Replicas != fleet.Replicas {
		return
	}
	fleet = now.Fleet
	m.state.Drifting = m.reportDrift(ctx, seen)
	if !fleet.Policy.Repairs(seen.Deviations) {
		return
	}
	if m.repair(ctx, fleet, seen) {
		// What provisioner and router confirmed is over; of flags only the next look
		// can say so, and what a repair cannot change must not be repaired for ever.
		m.state.Drifting = keysOf(seen.Deviations, serving.DeviatingFlags)
		return
	}
	m.state.Drifting = nil // to be found, and repaired, again
}

// reportDrift tells what is new and returns the keys of all that deviates.
func (m *monitor) reportDrift(ctx workflow.Context, seen activities.WatchFleetResult) []string {
	why := "no rollout is open"
	if seen.Abandoned != nil {
		why = fmt.Sprintf("rollout %s was %s and could not compensate", seen.Abandoned.RolloutID, seen.Abandoned.How)
	}
	for _, d := range seen.Deviations {
		if slices.Contains(m.state.Drifting, d.Key()) {
			continue
		}
		m.tell(ctx, "drift", fmt.Sprintf("drift of %s: %s; %s", d.Kind, d.Detail, why), activities.RecordInput{Abandoned: seen.Abandoned})
	}
	return keysOf(seen.Deviations, serving.DeviatingWeights, serving.DeviatingVariant, serving.DeviatingFlags, serving.DeviatingReplicas)
}

// recovered tells that what was reported is over.
func (m *monitor) recovered(ctx workflow.Context, left []serving.Deviation) {
	m.state.Drifting = keysOf(left, serving.DeviatingWeights, serving.DeviatingVariant, serving.DeviatingFlags, serving.DeviatingReplicas)
	if len(left) == 0 {
		m.tell(ctx, "drift", "over: production is as recorded again", activities.RecordInput{})
	}
}

// keysOf are the keys of the deviations of the given kinds.
func keysOf(list []serving.Deviation, kinds ...serving.DeviationKind) []string {
	var out []string
	for _, d := range list {
		if slices.Contains(kinds, d.Kind) {
			out = append(out, d.Key())
		}
	}
	return out
}
