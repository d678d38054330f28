package claims

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// Slots passes requests for slots to the coordinator.
type Slots struct{ client client.Client }

// NewSlots asks through the client, which the caller closes.
func NewSlots(c client.Client) Slots { return Slots{client: c} }

// Ask hands in a request; the first one starts the coordinator.
func (s Slots) Ask(ctx context.Context, r serving.SlotRequest) error {
	_, err := s.client.SignalWithStartWorkflow(ctx, workflows.CoordinatorID, workflows.AskSlot, r,
		client.StartWorkflowOptions{ID: workflows.CoordinatorID, TaskQueue: workflows.QueueMain,
			StaticSummary: "Gives out the slots under which rollouts touch production"},
		workflows.Coordinator, workflows.CoordinatorInput{})
	if err != nil {
		return fmt.Errorf("signal the coordinator: %w", err)
	}
	return nil
}

// Return gives a slot back. Without a coordinator there is nobody to keep it.
func (s Slots) Return(ctx context.Context, r serving.SlotRequest) error {
	err := s.client.SignalWorkflow(ctx, workflows.CoordinatorID, "", workflows.ReturnSlot, r)
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return fmt.Errorf("signal the coordinator: %w", err)
	}
	return nil
}

// Open says whether the workflow that asked still runs.
func (s Slots) Open(ctx context.Context, r serving.SlotRequest) (bool, error) {
	d, err := s.client.DescribeWorkflowExecution(ctx, r.WorkflowID, r.RunID)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", r.WorkflowID, err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}
