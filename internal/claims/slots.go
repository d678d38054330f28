package claims

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
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

// openRollouts is a query on visibility, which lags behind by up to some seconds; who
// holds a slot has been there for longer.
const openRollouts = `WorkflowType = "Rollout" AND ExecutionStatus = "Running"`

// answerWithin bounds the question to one rollout.
const answerWithin = 10 * time.Second

// Holders asks every running rollout whether it holds a slot, those that have held
// theirs for longest first.
func (s Slots) Holders(ctx context.Context) ([]serving.SlotRequest, error) {
	var out []serving.SlotRequest
	list := &workflowservice.ListWorkflowExecutionsRequest{Query: openRollouts}
	for {
		page, err := s.client.ListWorkflow(ctx, list)
		if err != nil {
			return nil, fmt.Errorf("list the running rollouts: %w", err)
		}
		for _, info := range page.GetExecutions() {
			held, err := s.heldBy(ctx, info.GetExecution())
			if err != nil {
				return nil, err
			}
			if held != nil {
				out = append(out, *held)
			}
		}
		if list.NextPageToken = page.GetNextPageToken(); len(list.NextPageToken) == 0 {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b serving.SlotRequest) int { return cmp.Compare(a.AskedUnix, b.AskedUnix) })
	return out, nil
}

// heldBy is nil for a rollout that holds no slot or has ended by now.
func (s Slots) heldBy(ctx context.Context, e *commonpb.WorkflowExecution) (*serving.SlotRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	value, err := s.client.QueryWorkflow(ctx, e.GetWorkflowId(), e.GetRunId(), workflows.StatusQuery)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	var status workflows.RolloutStatus
	if err == nil {
		err = value.Get(&status)
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s whether it holds a slot: %w", e.GetWorkflowId(), err)
	}
	return status.Slot, nil
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
