package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tryIdle asks every replica of the new side, which has no users yet, for an
// answer and for a stream: all of them will have all users in a moment. It reads
// back first that the router really sends them nobody.
func (r *rollout) tryIdle(ctx workflow.Context) *ending {
	var read activities.ReadTrafficResult
	err := workflow.ExecuteActivity(quickly(ctx, "read weights"), traffic.ReadTraffic,
		activities.ReadTrafficInput{Fleet: r.fleet}).Get(ctx, &read)
	if err != nil {
		return r.broken(ctx, "read weights", err)
	}
	if got := read.Traffic.Weights.Of(serving.Canary); got != 0 {
		return r.broken(ctx, "blue-green", fmt.Errorf("the new side should be idle and has %d%% of the traffic", got))
	}
	var found activities.FindEndpointsResult
	err = workflow.ExecuteActivity(quickly(ctx, "find the new side"), variants.FindEndpoints,
		activities.FindEndpointsInput{Fleet: r.fleet, Variant: serving.Canary}).Get(ctx, &found)
	if err != nil {
		return r.broken(ctx, "find the new side", err)
	}
	for _, endpoint := range found.Endpoints {
		if end := r.tryReplica(ctx, endpoint); end != nil {
			return end
		}
		if r.back != nil {
			return r.back
		}
	}
	r.story.note(ctx, "note", fmt.Sprintf("the new side is idle and %d replicas answer and stream", len(found.Endpoints)), nil)
	return nil
}

func (r *rollout) tryReplica(ctx workflow.Context, endpoint string) *ending {
	var smoke activities.SmokeTestResult
	err := workflow.ExecuteActivity(questioning(ctx, "try "+endpoint), asking.SmokeTest,
		activities.Server{Target: endpoint, Model: r.in.To.Model, Engine: r.in.To.Engine}).Get(ctx, &smoke)
	if err != nil {
		return r.broken(ctx, "try "+endpoint, err)
	}
	required := []serving.SmokeCheck{{Name: quality.SmokeAnswers, OK: true}, {Name: quality.SmokeStreams, OK: true}}
	if why, bad := quality.Regression(required, smoke.Checks); bad {
		return &ending{outcome: serving.OutcomeRolledBack, reason: fmt.Sprintf("the new side is not fit for users: %s: %s", endpoint, why)}
	}
	return nil
}
