package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/workflows"
)

// Temporal is Workflows on the SDK's client.
type Temporal struct{ client client.Client }

// NewTemporal makes it; the caller closes the client.
func NewTemporal(c client.Client) *Temporal { return &Temporal{client: c} }

// Start implements Workflows.
func (t *Temporal) Start(ctx context.Context, s Start) (Execution, error) {
	run, err := t.client.ExecuteWorkflow(ctx, startOptions(s), s.Type, s.Input)
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &already) {
		if s.Order != "" && t.orderOf(ctx, s.ID, already.RunId) == s.Order {
			return Execution{WorkflowID: s.ID, RunID: already.RunId}, nil
		}
		return Execution{}, &BusyError{Current: Execution{WorkflowID: s.ID, RunID: already.RunId}}
	}
	if err != nil {
		return Execution{}, t.translate(ctx, Execution{WorkflowID: s.ID}, err)
	}
	return Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}, nil
}

func startOptions(s Start) client.StartWorkflowOptions {
	o := client.StartWorkflowOptions{
		ID:                       s.ID,
		TaskQueue:                workflows.QueueMain,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		// Without it the client hands back the running workflow as if it were new.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            s.Summary,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.FleetKey.ValueSet(s.Fleet),
			workflows.EngineKey.ValueSet(s.Engine),
			workflows.PhaseKey.ValueSet("starting"),
		),
	}
	if s.Order != "" {
		o.Memo = map[string]any{orderMemo: s.Order}
	}
	if s.JoinRunning {
		o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
		o.WorkflowExecutionErrorWhenAlreadyStarted = false
	}
	return o
}

// orderMemo is the memo of a workflow that holds its order.
const orderMemo = "order"

// orderOf is the order that started a workflow, "" where nobody can say.
func (t *Temporal) orderOf(ctx context.Context, id, run string) (order string) {
	d, err := t.client.DescribeWorkflowExecution(ctx, id, run)
	if err != nil {
		return ""
	}
	kept := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[orderMemo]
	if kept == nil || converter.GetDefaultDataConverter().FromPayload(kept, &order) != nil {
		return ""
	}
	return order
}

// Status implements Workflows.
func (t *Temporal) Status(ctx context.Context, e Execution, into any) error {
	answer, err := t.client.QueryWorkflow(ctx, e.WorkflowID, e.RunID, workflows.StatusQuery)
	if err != nil {
		return t.translate(ctx, e, err)
	}
	if err := answer.Get(into); err != nil {
		return fmt.Errorf("decode status of %s: %w", e.WorkflowID, err)
	}
	return nil
}

// Command implements Workflows.
func (t *Temporal) Command(ctx context.Context, e Execution, name, updateID string, c workflows.Command) (workflows.CommandAnswer, error) {
	var answer workflows.CommandAnswer
	handle, err := t.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: e.WorkflowID, FirstExecutionRunID: e.RunID,
		UpdateName: name, UpdateID: updateID, Args: []any{c},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		// A rejection by the validator comes only now (temporal.md, trap 6).
		err = handle.Get(ctx, &answer)
	}
	if err != nil {
		return answer, t.translate(ctx, e, err)
	}
	return answer, nil
}

// Signal implements Workflows.
func (t *Temporal) Signal(ctx context.Context, workflowID, name string, payload any) error {
	if err := t.client.SignalWorkflow(ctx, workflowID, "", name, payload); err != nil {
		return t.translate(ctx, Execution{WorkflowID: workflowID}, err)
	}
	return nil
}

// Cancel implements Workflows. To the server the cancellation of what has ended is
// a success, but to a person it is a mistake worth knowing, so it looks first. A run
// that continued as new lives on under its first RunID.
func (t *Temporal) Cancel(ctx context.Context, e Execution) error {
	d, err := t.client.DescribeWorkflow(ctx, e.WorkflowID, e.RunID)
	if err != nil {
		return t.translate(ctx, e, err)
	}
	switch d.Status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
	default:
		return fmt.Errorf("%w: %s", ErrWorkflowClosed, e.WorkflowID)
	}
	err = t.client.CancelWorkflowWithOptions(ctx, client.CancelWorkflowOptions{
		WorkflowID: e.WorkflowID, FirstExecutionRunID: e.RunID,
	})
	if err != nil {
		return t.translate(ctx, e, err)
	}
	return nil
}

// Running implements Workflows.
func (t *Temporal) Running(ctx context.Context, workflowID string) (Execution, bool, error) {
	d, err := t.client.DescribeWorkflow(ctx, workflowID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return Execution{}, false, nil
	}
	if err != nil {
		return Execution{}, false, t.translate(ctx, Execution{WorkflowID: workflowID}, err)
	}
	e := Execution{WorkflowID: workflowID, RunID: d.WorkflowExecution.RunID}
	return e, d.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// Find implements Workflows. Run IDs are UUIDs; whatever is not has no place in a
// query.
func (t *Temporal) Find(ctx context.Context, workflowType, runID string) (Execution, error) {
	id, err := uuid.Parse(runID)
	if err != nil {
		return Execution{}, fmt.Errorf("%w: %s", ErrUnknownWorkflow, runID)
	}
	found, err := t.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: 1, Query: fmt.Sprintf("WorkflowType = '%s' AND RunId = '%s'", workflowType, id),
	})
	if err != nil {
		return Execution{}, t.translate(ctx, Execution{WorkflowID: runID}, err)
	}
	if len(found.Executions) == 0 {
		return Execution{}, fmt.Errorf("%w: %s", ErrUnknownWorkflow, runID)
	}
	e := found.Executions[0].GetExecution()
	return Execution{WorkflowID: e.GetWorkflowId(), RunID: e.GetRunId()}, nil
}

// translate turns the SDK's errors into ours. Temporal says "not found" both of a
// workflow that never was and of one that has ended, so it is asked again.
func (t *Temporal) translate(ctx context.Context, e Execution, err error) error {
	var (
		missing     *serviceerror.NotFound
		refused     *serviceerror.InvalidArgument
		query       *serviceerror.QueryFailed
		notReady    *serviceerror.WorkflowNotReady
		exhausted   *serviceerror.ResourceExhausted
		unavailable *serviceerror.Unavailable
		late        *serviceerror.DeadlineExceeded
		rejected    *temporal.ApplicationError
	)
	switch {
	case errors.As(err, &missing):
		return t.closedOrUnknown(ctx, e)
	case errors.As(err, &rejected):
		return &RejectedError{Type: rejected.Type(), Message: rejected.Message()}
	case errors.As(err, &refused):
		return fmt.Errorf("%w: %s", ErrRefusedInput, refused.Message)
	case errors.As(err, &query), errors.As(err, &notReady):
		return fmt.Errorf("%w: %w", ErrNotReady, err)
	case errors.As(err, &exhausted), errors.As(err, &unavailable):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.As(err, &late), errors.Is(err, context.DeadlineExceeded), isUpdateTimeout(err):
		return fmt.Errorf("%w: %w", ErrNoWorker, err)
	}
	return fmt.Errorf("workflow %s: %w", e.WorkflowID, err)
}

func isUpdateTimeout(err error) bool {
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	return errors.As(err, &late)
}

func (t *Temporal) closedOrUnknown(ctx context.Context, e Execution) error {
	if _, err := t.client.DescribeWorkflow(ctx, e.WorkflowID, e.RunID); err != nil {
		return fmt.Errorf("%w: %s", ErrUnknownWorkflow, e.WorkflowID)
	}
	return fmt.Errorf("%w: %s", ErrWorkflowClosed, e.WorkflowID)
}
