package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

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
	mend := mendable(seen.Deviations) || halfway(fleet, seen) &&
		workflow.GetVersion(ctx, changeHalfway, workflow.DefaultVersion, 1) > workflow.DefaultVersion
	var err error
	if mend {
		err = orphaned.mendStable(ctx, seen)
	}
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
	m.tell(ctx, "weights", repaired(seen, mend), activities.RecordInput{})
	return true
}

// repaired says what the repair left behind.
func repaired(seen activities.WatchFleetResult, mended bool) string {
	text := "all-stable restored, canary and baseline stopped"
	if mended {
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

// halfway reports that traffic may not go back to stable as the last look saw it,
// whatever of that is believed to last: the look showed other flags or too few
// replicas, or a router whose pool is not the replicas that run. A promotion that
// was terminated leaves such a router, and routers refuse weight for an empty pool.
func halfway(fleet serving.Fleet, seen activities.WatchFleetResult) bool {
	pool := seen.Drift.Pool(serving.Stable).Endpoints
	if len(fleet.Endpoints) > 0 {
		return !sameReplicas(pool, fleet.Endpoints)
	}
	if len(seen.Running) == 0 { // nobody could look: only the router is known
		return len(pool) < fleet.Replicas
	}
	look := serving.Observed{Traffic: *seen.Drift, Running: seen.Running, Described: true}
	return mendable(fleet.Deviations(look, serving.Ownership{})) || !sameReplicas(pool, endpointsOf(seen.Running, serving.Stable))
}

func sameReplicas(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// mendStable rebuilds a stable that a promotion left halfway, behind a canary
// that can carry the traffic meanwhile: sending traffic back to what is being
// replaced would be the outage that the repair is to prevent.
func (r *rollout) mendStable(ctx workflow.Context, seen activities.WatchFleetResult) error {
	if len(r.fleet.Endpoints) > 0 {
		return r.routeToStable(ctx, r.fleet.Endpoints)
	}
	if len(endpointsOf(seen.Running, serving.Canary)) >= max(1, len(seen.Drift.Pool(serving.Stable).Endpoints)) &&
		len(seen.Drift.Pool(serving.Canary).Endpoints) > 0 {
		return r.restoreStable(ctx)
	}
	return r.rebuildStable(ctx, provisioning, r.fleet.Config)
}

func endpointsOf(running []serving.VariantStatus, v serving.Variant) []string {
	var out []string
	for _, s := range running {
		if s.Variant == v {
			out = append(out, s.Endpoints...)
		}
	}
	return out
}
