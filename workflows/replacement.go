package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// replaceStable moves stable to the new configuration replica by replica. The
// canary serves everything when it begins and keeps all its replicas to the end,
// so the fleet never has less than its own capacity: each replica that stands
// takes over its share, and until then nothing of it is needed. A provisioner that
// replaces more at a time than it was asked for only shortens this.
func (r *rollout) replaceStable(ctx workflow.Context) error {
	err := workflow.ExecuteActivity(provisioning(ctx, "drain the old stable"), traffic.DrainVariant,
		activities.DrainVariantInput{Fleet: r.fleet, Variant: serving.Stable, MaxSeconds: r.plan.DrainSeconds}).Get(ctx, nil)
	for replaced := 0; err == nil && replaced < r.fleet.Replicas && r.back == nil; {
		replaced, err = r.replaceUpTo(ctx, replaced+1)
	}
	return err
}

// replaceUpTo brings up the next replica, gives it its share, and returns how
// many run the new configuration.
func (r *rollout) replaceUpTo(ctx workflow.Context, replicas int) (int, error) {
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(provisioning(ctx, fmt.Sprintf("replica %d of %d of stable", replicas, r.fleet.Replicas)), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: r.fleet, Variant: serving.Stable, Config: r.in.To, Replicas: r.fleet.Replicas, Updated: replicas}).Get(ctx, &up)
	if err != nil {
		return 0, err
	}
	standing := len(up.Status.Endpoints)
	if standing < replicas {
		return 0, fmt.Errorf("%d of %d replicas of stable serve the new configuration", standing, replicas)
	}
	err = workflow.ExecuteActivity(writing(ctx, "route to stable"), traffic.SetEndpoints,
		activities.SetEndpointsInput{Fleet: r.fleet, Variant: serving.Stable, Endpoints: up.Status.Endpoints}).Get(ctx, nil)
	if err != nil || standing >= r.fleet.Replicas {
		return standing, err // promote gives stable all traffic
	}
	r.revision++
	share := 100 * standing / r.fleet.Replicas
	r.status.Weight = 100 - share
	r.enter(ctx, PhasePromoting, fmt.Sprintf("%d of %d replicas of stable run the new configuration", standing, r.fleet.Replicas))
	err = workflow.ExecuteActivity(writing(ctx, fmt.Sprintf("%d%% to stable", share)), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: r.fleet, Weights: serving.Weights{Revision: r.revision,
			Shares: []serving.Share{{Variant: serving.Stable, Percent: share}, {Variant: serving.Canary, Percent: 100 - share}}}}).Get(ctx, nil)
	return standing, err
}
