package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// promote makes the proven configuration the new stable. The canary serves all
// traffic by now, so stable can be rebuilt behind its back; until it stands, the
// canary is the healthy side and keeps serving.
func (r *rollout) promote(ctx workflow.Context) ending {
	r.enter(ctx, PhasePromoting, "stable takes over the new configuration")
	r.undo.add(undo{name: "rebuild stable with the old configuration", run: r.restoreStable, guards: true})
	byReplica := workflow.GetVersion(ctx, changePromotion, workflow.DefaultVersion, 1) > workflow.DefaultVersion
	replace := func(ctx workflow.Context) error { return r.rebuildStable(ctx, provisioning, r.in.To) }
	if byReplica {
		replace = r.replaceStable
	}
	if err := replace(ctx); err != nil {
		return *r.broken(ctx, "rebuild stable", err)
	}
	if r.back != nil {
		return *r.back
	}
	r.revision++
	err := workflow.ExecuteActivity(writing(ctx, "all traffic to the new stable"), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: r.fleet, Weights: serving.AllStable(r.revision)}).Get(ctx, nil)
	if err != nil {
		return *r.broken(ctx, "return traffic to stable", err)
	}
	// From here on the new configuration is what stable runs: nothing goes back,
	// and a cancellation must not leave the record behind the facts.
	r.undo.forget()
	r.settled(ctx)
	r.status.Weight = 0
	if byReplica {
		if end := r.keepUndo(ctx); end != nil {
			return *end
		}
	}
	return ending{outcome: serving.OutcomePromoted, reason: fmt.Sprintf("all stages passed; stable runs %s",
		describeChange(r.fleet.Config, r.in.To))}
}

// settled brings the record and the fleet's variants in line with the promotion.
func (r *rollout) settled(ctx workflow.Context) {
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(undoingQuickly(disconnected, "record the new configuration"), fleets.SaveFleetConfig,
		activities.SaveFleetConfigInput{Name: r.in.Fleet, Config: r.in.To}).Get(disconnected, nil)
	if err != nil {
		r.story.note(ctx, "note", "the new configuration could not be recorded: "+rootMessage(err), nil)
	}
	if err := r.removeArms(disconnected); err != nil {
		r.story.note(ctx, "note", "canary or baseline could not be removed: "+rootMessage(err), nil)
	}
}

// restoreStable rebuilds the old stable while the canary serves: it must stand
// again before any traffic may go back to it.
func (r *rollout) restoreStable(ctx workflow.Context) error {
	r.revision++
	err := workflow.ExecuteActivity(undoingQuickly(ctx, "canary serves while stable is rebuilt"), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: r.fleet, Weights: serving.Weights{Revision: r.revision,
			Shares: []serving.Share{{Variant: serving.Canary, Percent: 100}}}}).Get(ctx, nil)
	if err != nil {
		return err
	}
	return r.rebuildStable(ctx, undoing, r.fleet.Config)
}

func (r *rollout) rebuildStable(ctx workflow.Context, policy func(workflow.Context, string) workflow.Context, config serving.EngineConfig) error {
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(policy(ctx, fmt.Sprintf("stable x%d", r.fleet.Replicas)), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: r.fleet, Variant: serving.Stable, Config: config, Replicas: r.fleet.Replicas}).Get(ctx, &up)
	if err != nil {
		return err
	}
	return r.routeToStable(ctx, up.Status.Endpoints)
}

func (r *rollout) routeToStable(ctx workflow.Context, endpoints []string) error {
	return workflow.ExecuteActivity(undoingQuickly(ctx, "route to stable"), traffic.SetEndpoints,
		activities.SetEndpointsInput{Fleet: r.fleet, Variant: serving.Stable, Endpoints: endpoints}).Get(ctx, nil)
}

// restoreWeights sends everything to stable, in one jump, under a revision above
// all that this rollout wrote, so that no late attempt of a stage can undo it.
func (r *rollout) restoreWeights(ctx workflow.Context) error {
	r.revision++
	err := workflow.ExecuteActivity(undoingQuickly(ctx, "restore all-stable weights"), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: r.fleet, Weights: serving.AllStable(r.revision)}).Get(ctx, nil)
	if err == nil {
		r.restored = workflow.Now(ctx)
	}
	return err
}

// removeArms drains canary and baseline and stops them. It goes on after the
// first failure so that one stuck variant does not keep the other.
func (r *rollout) removeArms(ctx workflow.Context) error {
	var first error
	for _, v := range []serving.Variant{serving.Canary, serving.Baseline} {
		err := workflow.ExecuteActivity(undoing(ctx, fmt.Sprintf("drain %s", v)), traffic.DrainVariant,
			activities.DrainVariantInput{Fleet: r.fleet, Variant: v, MaxSeconds: r.plan.DrainSeconds}).Get(ctx, nil)
		if err == nil {
			err = workflow.ExecuteActivity(undoing(ctx, fmt.Sprintf("stop %s", v)), variants.RemoveVariant,
				activities.RemoveVariantInput{Fleet: r.fleet, Variant: v}).Get(ctx, nil)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}
