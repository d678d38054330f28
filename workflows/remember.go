package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
)

// Remember writes what the API could not write because the store was away, for as
// long as it takes: what somebody did is done, so that they did it must not be lost.
// The record has a key of its own, since the API's write may have come through.
func Remember(ctx workflow.Context, in activities.RecordInput) error {
	return workflow.ExecuteActivity(recording(ctx), history.Record, in).Get(ctx, nil)
}
