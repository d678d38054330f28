package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// keepUndo keeps replicas of the old configuration warm after a promotion, for as
// long as the fleet's policy says: a person's rollback, a violation of the new
// stable or a cancellation within that time goes back to them. Stable runs the new
// configuration meanwhile and is recorded so.
func (r *rollout) keepUndo(ctx workflow.Context) *ending {
	keep := r.fleet.Policy.UndoSeconds
	if keep <= 0 {
		return nil
	}
	r.undo.add(undo{name: "stop the old configuration's replicas", run: r.removeArms})
	r.undo.add(undo{name: "return to the old configuration", run: r.returnToOld, guards: true})
	if err := r.bringUp(ctx, serving.Baseline, r.fleet.Config, r.fleet.Replicas); err != nil {
		if canceled(ctx) || r.back != nil {
			return r.broken(ctx, "keep the old configuration", err)
		}
		r.story.note(ctx, "note", "the old configuration could not be kept warm, a rollback starts it first: "+rootMessage(err), nil)
	}
	until := workflow.Now(ctx).Add(seconds(keep))
	r.enter(ctx, PhaseUndoable, fmt.Sprintf("promoted; %d replicas of the old configuration stay warm until %s: rollback goes back to them",
		r.fleet.Replicas, until.UTC().Format(time.RFC3339)))
	_, err := workflow.AwaitWithTimeout(ctx, seconds(keep), func() bool { return r.back != nil })
	if err != nil {
		return r.broken(ctx, "keep the old configuration", err)
	}
	if r.back != nil {
		return r.back
	}
	r.undo.forget()
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	if err := r.removeArms(disconnected); err != nil {
		r.story.note(ctx, "note", "the old configuration's replicas could not be stopped: "+rootMessage(err), nil)
	}
	return nil
}

// returnToOld sends all traffic to the replicas that were kept warm, at full
// size, and only then rebuilds stable behind them. If stable does not stand, they
// go on serving.
func (r *rollout) returnToOld(ctx workflow.Context) error {
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(undoing(ctx, "old configuration at full size"), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: r.fleet, Variant: serving.Baseline, Config: r.fleet.Config, Replicas: r.fleet.Replicas}).Get(ctx, &up)
	if err != nil {
		return err
	}
	err = workflow.ExecuteActivity(undoingQuickly(ctx, "route to the old configuration"), traffic.SetEndpoints,
		activities.SetEndpointsInput{Fleet: r.fleet, Variant: serving.Baseline, Endpoints: up.Status.Endpoints}).Get(ctx, nil)
	if err != nil {
		return err
	}
	r.revision++
	err = workflow.ExecuteActivity(undoingQuickly(ctx, "all traffic to the old configuration"), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: r.fleet, Weights: serving.Weights{Revision: r.revision,
			Shares: []serving.Share{{Variant: serving.Baseline, Percent: 100}}}}).Get(ctx, nil)
	if err != nil {
		return err
	}
	returned := workflow.Now(ctx) // users have the old configuration from here on
	err = workflow.ExecuteActivity(undoingQuickly(ctx, "record the old configuration"), fleets.SaveFleetConfig,
		activities.SaveFleetConfigInput{Name: r.in.Fleet, Config: r.fleet.Config}).Get(ctx, nil)
	if err == nil {
		err = r.rebuildStable(ctx, undoing, r.fleet.Config)
	}
	if err == nil {
		err = r.restoreWeights(ctx)
	}
	r.restored = returned
	return err
}
