package claims

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Owners says which workflows may be changing a fleet.
type Owners struct{ client client.Client }

// NewOwners asks through the client, which the caller closes.
func NewOwners(c client.Client) Owners { return Owners{client: c} }

// Owners reports the open workflows of a fleet, and the last rollout if it was
// ended from outside. It fails rather than say that nobody owns the fleet when
// Temporal does not answer.
func (o Owners) Owners(ctx context.Context, fleet string) (serving.Ownership, error) {
	rollout, err := o.find(ctx, workflows.RolloutID(fleet))
	if err != nil {
		return serving.Ownership{}, err
	}
	run, err := o.find(ctx, workflows.OptimizeID(fleet))
	if err != nil {
		return serving.Ownership{}, err
	}
	out := serving.Ownership{Rollout: open(rollout), Run: open(run)}
	if rollout != nil && !out.Rollout {
		out.Abandoned = o.abandoned(ctx, rollout)
	}
	return out, nil
}

// find describes the latest workflow of an ID, nil if there is none.
func (o Owners) find(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := o.client.DescribeWorkflowExecution(ctx, id, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", id, err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}

func open(info *workflowpb.WorkflowExecutionInfo) bool {
	return info != nil && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// abandoned is nil for a workflow that ended by itself, and so compensated or
// said that it could not.
func (o Owners) abandoned(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) *serving.Abandoned {
	out := &serving.Abandoned{RolloutID: info.GetExecution().GetRunId(),
		AtUnix: float64(info.GetCloseTime().AsTime().UnixMilli()) / 1000}
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		out.How = o.terminatedBy(ctx, info)
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		out.How = "timed out"
	default:
		return nil
	}
	return out
}

// terminatedBy reads who terminated a workflow and why from the last event of its
// history; that it was terminated is known even when history cannot be read.
func (o Owners) terminatedBy(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) string {
	how := "terminated"
	events := o.client.GetWorkflowHistory(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return how
		}
		attributes := event.GetWorkflowExecutionTerminatedEventAttributes()
		if by := attributes.GetIdentity(); by != "" {
			how += " by " + by
		}
		if reason := attributes.GetReason(); reason != "" {
			how += ": " + reason
		}
	}
	return how
}
