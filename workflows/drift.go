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

// repair makes production what the record says: stable whole before traffic may
// go to it, all traffic on stable, and nothing else running.
func (m *monitor) repair(ctx workflow.Context, fleet serving.Fleet, seen activities.WatchFleetResult) bool {
	m.state.Repairs++
	found := *seen.Drift
	if len(seen.Deviations) == 0 {
		m.tell(ctx, "weights", fmt.Sprintf("drift: %v at revision %d and no rollout is open; restoring all-stable",
			found.Weights.Shares, found.Weights.Revision), activities.RecordInput{})
	}
	orphaned := &rollout{in: RolloutInput{Fleet: m.in.Fleet}, plan: Plan{}.WithDefaults(), fleet: fleet, revision: found.Weights.Revision}
	err := orphaned.mendStable(ctx, seen)
	if err == nil {
		err = orphaned.restoreWeights(ctx)
	}
	if err == nil {
		err = orphaned.removeArms(ctx)
	}
	for _, slot := range slotsOf(seen.Deviations) {
		if err == nil {
			err = workflow.ExecuteActivity(undoing(ctx, "stop staging"), variants.RemoveVariant,
				activities.RemoveVariantInput{Fleet: fleet, Variant: slot}).Get(ctx, nil)
		}
	}
	if err != nil {
		m.tell(ctx, "weights", "drift could not be repaired: "+rootMessage(err), activities.RecordInput{})
		return false
	}
	m.tell(ctx, "weights", m.repaired(seen), activities.RecordInput{})
	return true
}

// repaired says what the repair left behind.
func (m *monitor) repaired(seen activities.WatchFleetResult) string {
	text := "all-stable restored, canary and baseline stopped"
	if mendable(seen.Deviations) {
		text = "stable rebuilt as recorded, " + text
	}
	if slices.ContainsFunc(seen.Deviations, isStaging) {
		text += ", staging stopped"
	}
	return text
}

func isStaging(d serving.Deviation) bool {
	return d.Kind == serving.DeviatingVariant && d.Variant.IsStaging()
}

// slotsOf lists the staging slots among deviations, each once.
func slotsOf(list []serving.Deviation) []serving.Variant {
	var out []serving.Variant
	for _, d := range list {
		if isStaging(d) && !slices.Contains(out, d.Variant) {
			out = append(out, d.Variant)
		}
	}
	return out
}

// mendable reports that stable itself is not as recorded.
func mendable(list []serving.Deviation) bool {
	return slices.ContainsFunc(list, func(d serving.Deviation) bool {
		return d.Kind == serving.DeviatingFlags || d.Kind == serving.DeviatingReplicas
	})
}

// mendStable rebuilds a stable that a promotion left halfway, behind a canary
// that can carry the traffic meanwhile: sending traffic back to what is being
// replaced would be the outage that the repair is to prevent.
func (r *rollout) mendStable(ctx workflow.Context, seen activities.WatchFleetResult) error {
	if !mendable(seen.Deviations) {
		return nil
	}
	if runningOf(seen.Running, serving.Canary) >= max(1, len(seen.Drift.Pool(serving.Stable).Endpoints)) &&
		len(seen.Drift.Pool(serving.Canary).Endpoints) > 0 {
		return r.restoreStable(ctx)
	}
	return r.rebuildStable(ctx, provisioning, r.fleet.Config)
}

func runningOf(running []serving.VariantStatus, v serving.Variant) int {
	n := 0
	for _, s := range running {
		if s.Variant == v {
			n += len(s.Endpoints)
		}
	}
	return n
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
