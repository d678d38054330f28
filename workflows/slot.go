package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Bounds of the wait for a slot. Asking again costs some events and mends a lost
// answer or a coordinator that was terminated.
const (
	slotAgainSeconds   = 300
	slotTimeoutSeconds = 24 * 3600
)

// heldSlot is a rollout's request for a slot and the latest answer.
type heldSlot struct {
	request serving.SlotRequest
	answer  serving.SlotAnswer
}

// takeSlot waits until the rollout may touch production beside the others.
func (r *rollout) takeSlot(ctx workflow.Context) *ending {
	if workflow.GetVersion(ctx, changeSlots, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return nil
	}
	info := workflow.GetInfo(ctx)
	r.slot = &heldSlot{request: serving.SlotRequest{WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID,
		Fleet: r.in.Fleet, Group: r.fleet.Policy.LockStepGroup, AskedUnix: unix(workflow.Now(ctx))}}
	wait, err := r.askSlot(ctx)
	if err != nil {
		return r.broken(ctx, "ask for a slot", err)
	}
	if !wait {
		r.slot = nil
		return nil
	}
	workflow.GoNamed(ctx, "slot", r.receiveSlot)
	return r.awaitSlot(ctx)
}

func (r *rollout) askSlot(ctx workflow.Context) (bool, error) {
	var asked activities.AskSlotResult
	err := workflow.ExecuteActivity(writing(ctx, "ask for a rollout slot"), slots.AskSlot, r.slot.request).Get(ctx, &asked)
	return asked.Wait, err
}

func (r *rollout) receiveSlot(ctx workflow.Context) {
	for {
		var answer serving.SlotAnswer
		if more := workflow.GetSignalChannel(ctx, SlotAnswered).Receive(ctx, &answer); !more {
			return
		}
		r.slot.answer = answer
	}
}

// awaitSlot says whom the rollout waits for whenever that changes.
func (r *rollout) awaitSlot(ctx workflow.Context) *ending {
	began, told := workflow.Now(ctx), ""
	for !r.slot.answer.Granted {
		if r.back != nil {
			return r.back
		}
		if workflow.Now(ctx).Sub(began) >= seconds(slotTimeoutSeconds) {
			return &ending{outcome: serving.OutcomeRejected, reason: "no slot became free in time, waiting behind " + told}
		}
		if behind := r.slot.answer.Behind; behind != told {
			told, r.status.Behind = behind, behind
			r.enter(ctx, PhaseWaitingForSlot, "waiting for a slot behind "+behind)
		}
		answered, err := workflow.AwaitWithTimeout(ctx, seconds(slotAgainSeconds),
			func() bool { return r.slot.answer.Granted || r.slot.answer.Behind != told || r.back != nil })
		if err == nil && !answered {
			_, err = r.askSlot(ctx)
		}
		if err != nil {
			return r.broken(ctx, "wait for a slot", err)
		}
	}
	r.status.Slot, r.status.Behind = &r.slot.request, ""
	if told == "" {
		return nil
	}
	r.enter(ctx, PhasePreparing, fmt.Sprintf("a slot is free after %.0f s", workflow.Now(ctx).Sub(began).Seconds()))
	return r.admit(ctx) // again: changes may be frozen by now
}

// returnSlot lets the next one go ahead, however this one ended.
func (r *rollout) returnSlot(ctx workflow.Context) {
	if r.slot == nil {
		return
	}
	r.status.Slot = nil
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	err := workflow.ExecuteActivity(undoingQuickly(disconnected, "return the rollout slot"), slots.ReturnSlot, r.slot.request).Get(disconnected, nil)
	if err != nil {
		r.story.note(ctx, "note", "the slot could not be returned, it is free once this has ended: "+rootMessage(err), nil)
	}
}
