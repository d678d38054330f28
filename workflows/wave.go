package workflows

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// WaveInput rolls changes out over several fleets: batch after batch, the fleets
// of one batch side by side.
type WaveInput struct {
	ID      string           `json:"id"`
	Batches [][]RolloutInput `json:"batches"`
	// PauseSeconds is the distance between a batch that went well and the next.
	PauseSeconds float64 `json:"pause_seconds,omitempty"`
	RequestedBy  string  `json:"requested_by,omitempty"`
}

// WaveStatus answers the status query of Wave and is its result.
type WaveStatus struct {
	ID     string      `json:"id"`
	Phase  string      `json:"phase"` // "running", "pausing", "completed", "stopped" or "canceled"
	Batch  int         `json:"batch"` // the one that runs or ran last, from 1
	Reason string      `json:"reason,omitempty"`
	Fleets []WaveFleet `json:"fleets"`
}

// WaveFleet is one fleet of a wave. State is "pending", "running", "skipped", or
// the outcome of its rollout.
type WaveFleet struct {
	Fleet      string `json:"fleet"`
	Batch      int    `json:"batch"`
	State      string `json:"state"`
	Reason     string `json:"reason,omitempty"`
	WorkflowID string `json:"workflow_id,omitempty"`
	RolloutID  string `json:"rollout_id,omitempty"`
}

// Wave runs a rollout for each fleet and stops after the first batch in which one
// was not promoted: what was promoted before stays, and the rest is skipped. A
// fleet that runs the configuration already counts as done. When it is cancelled,
// its open rollouts compensate.
func Wave(ctx workflow.Context, in WaveInput) (WaveStatus, error) {
	w := &wave{in: in, status: WaveStatus{ID: in.ID, Phase: "running"}}
	for i, batch := range in.Batches {
		for _, r := range batch {
			w.status.Fleets = append(w.status.Fleets, WaveFleet{Fleet: r.Fleet, Batch: i + 1, State: "pending"})
		}
	}
	err := workflow.SetQueryHandler(ctx, StatusQuery, func() (WaveStatus, error) { return w.status, nil })
	if err != nil {
		return w.status, fmt.Errorf("register query: %w", err)
	}
	return w.run(ctx)
}

type wave struct {
	in     WaveInput
	status WaveStatus
}

func (w *wave) run(ctx workflow.Context) (WaveStatus, error) {
	for i, batch := range w.in.Batches {
		if i > 0 && w.in.PauseSeconds > 0 {
			w.enter(ctx, "pausing", fmt.Sprintf("before batch %d of %d", i+1, len(w.in.Batches)))
			if err := workflow.Sleep(ctx, seconds(w.in.PauseSeconds)); err != nil {
				return w.end(ctx, "canceled", "canceled between batches")
			}
		}
		w.status.Batch = i + 1
		w.enter(ctx, "running", fmt.Sprintf("batch %d of %d", i+1, len(w.in.Batches)))
		if reason := w.batch(ctx, batch); reason != "" {
			if canceled(ctx) {
				return w.end(ctx, "canceled", reason)
			}
			return w.end(ctx, "stopped", reason)
		}
	}
	return w.end(ctx, "completed", "every fleet was promoted, or ran the configuration already")
}

// batch rolls out to the fleets of a batch side by side, waits for all of them,
// and returns why the wave may not go on, "" if it may.
func (w *wave) batch(ctx workflow.Context, batch []RolloutInput) string {
	futures := make([]workflow.ChildWorkflowFuture, len(batch))
	for i, in := range batch {
		childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
			WorkflowID: RolloutID(in.Fleet), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL, WaitForCancellation: true,
			StaticSummary:         fmt.Sprintf("rollout of %s in wave %s", in.Fleet, w.in.ID),
			TypedSearchAttributes: attributes(serving.Fleet{Name: in.Fleet, Config: in.To}, PhasePreparing)})
		futures[i] = workflow.ExecuteChildWorkflow(childCtx, Rollout, in)
	}
	reason := ""
	for i, in := range batch {
		if bad := w.wait(ctx, in.Fleet, futures[i]); bad != "" && reason == "" {
			reason = in.Fleet + ": " + bad
		}
	}
	return reason
}

// wait follows one rollout to its end and returns what went wrong, "" if nothing.
func (w *wave) wait(ctx workflow.Context, fleet string, future workflow.ChildWorkflowFuture) string {
	entry := w.entry(fleet)
	var execution workflow.Execution
	if err := future.GetChildWorkflowExecution().Get(ctx, &execution); err == nil {
		entry.State, entry.WorkflowID, entry.RolloutID = "running", execution.ID, execution.RunID
	}
	var result RolloutResult
	if err := future.Get(ctx, &result); err != nil {
		entry.State, entry.Reason = string(serving.OutcomeFailed), rootMessage(err)
		if canceled(ctx) {
			entry.State = string(serving.OutcomeCanceled)
		}
		return entry.State + ": " + entry.Reason
	}
	entry.State, entry.Reason = string(result.Outcome), result.Reason
	if result.Outcome == serving.OutcomePromoted || result.Outcome == serving.OutcomeNoImprovement {
		return ""
	}
	return entry.State + ": " + entry.Reason
}

func (w *wave) entry(fleet string) *WaveFleet {
	for i := range w.status.Fleets {
		if w.status.Fleets[i].Fleet == fleet {
			return &w.status.Fleets[i]
		}
	}
	return &WaveFleet{}
}

// end skips what is left and decides how the workflow closes.
func (w *wave) end(ctx workflow.Context, phase, reason string) (WaveStatus, error) {
	for i, f := range w.status.Fleets {
		if f.State == "pending" {
			w.status.Fleets[i].State = "skipped"
		}
	}
	w.enter(ctx, phase, reason)
	if phase == "canceled" {
		return w.status, workflow.ErrCanceled
	}
	return w.status, nil
}

func (w *wave) enter(ctx workflow.Context, phase, reason string) {
	w.status.Phase, w.status.Reason = phase, reason
	text := fmt.Sprintf("**%s**: %s\n\n| fleet | batch | state | why |\n|---|---|---|---|\n", phase, reason)
	for _, f := range w.status.Fleets {
		text += fmt.Sprintf("| %s | %d | %s | %s |\n", f.Fleet, f.Batch, f.State, f.Reason)
	}
	workflow.SetCurrentDetails(ctx, text)
}
