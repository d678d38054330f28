package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// listen takes orders and violations in every state that is not terminal, the
// waits for a person included.
func (r *rollout) listen(ctx workflow.Context) error {
	workflow.GoNamed(ctx, "violations", r.receiveViolations)
	return commands{allowed: r.allowed, permitted: r.permitted, apply: r.obey, phase: func() Phase { return r.status.Phase }}.
		listen(ctx, Approve, Reject, Pause, Resume, Promote, Rollback)
}

func (r *rollout) allowed(name string) error {
	now := r.status.Phase
	switch name {
	case Approve, Reject:
		return only(name, now, PhaseAwaitingApproval)
	case Promote:
		return only(name, now, PhaseShifting, PhaseAwaitingHuman)
	case Rollback:
		return only(name, now, PhasePreparing, PhaseAwaitingApproval, PhaseShifting, PhaseAwaitingHuman, PhasePromoting,
			PhaseWaitingForSlot, PhaseUndoable)
	}
	if name == Resume && !r.status.Paused {
		return fmt.Errorf("resume is not possible: the rollout is not paused")
	}
	return only(name, now, PhasePreparing, PhaseShifting, PhaseAwaitingHuman)
}

func (r *rollout) permitted(name string, c Command) error { return mayOrder(r.fleet, name, c) }

// mayOrder holds what lets a change go further to the fleet's approvers. The way
// back is open to everybody.
func mayOrder(fleet serving.Fleet, name string, c Command) error {
	if name != Approve && name != Promote {
		return nil
	}
	return fleet.Policy.MayApprove(c.By)
}

func (r *rollout) obey(ctx workflow.Context, name string, c Command) {
	r.story.note(ctx, "note", name+" "+by(c), nil)
	switch name {
	case Approve:
		r.approved, r.decidedBy = true, c
		r.started.ApprovedBy = c.By
	case Reject:
		r.rejected, r.decidedBy, r.status.Reason = true, c, "rejected "+by(c)
	case Pause, Resume:
		r.status.Paused = name == Pause
		r.forward(ctx, name, c)
	case Promote:
		r.accepted = true
		r.forward(ctx, name, c)
	case Rollback:
		r.demandBack(ending{outcome: serving.OutcomeRolledBack, reason: "rollback " + by(c)})
	}
}

// forward passes an order to the running stage, which it concerns too.
func (r *rollout) forward(ctx workflow.Context, name string, c Command) {
	if r.stage != nil {
		r.stage.future.SignalChildWorkflow(ctx, name, c)
	}
}

// concerns says whether a violation may be the change's doing: of the canary, of
// the stable that was just promoted, or from a sender that does not say. One of
// the old stable alone is no reason to return to it.
func (r *rollout) concerns(v serving.Violation) bool {
	return v.Variant == "" || v.Variant == serving.Canary || v.Variant == serving.Stable && r.status.Phase == PhaseUndoable
}

// receiveViolations goes back on any violation that may be the change's doing.
func (r *rollout) receiveViolations(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, SLOViolation)
	for {
		var v serving.Violation
		channel.Receive(ctx, &v)
		if v.ID != "" && r.seen[v.ID] {
			continue
		}
		r.seen[v.ID] = true
		if !r.concerns(v) {
			continue
		}
		if v.DetectedUnix == 0 {
			v.DetectedUnix = unix(workflow.Now(ctx))
		}
		r.story.note(ctx, "violation", describeViolation(v), nil)
		r.demandBack(ending{outcome: serving.OutcomeRolledBack, reason: describeViolation(v), violation: &v})
	}
}

// demandBack is called by whatever wants the way back; the first reason counts.
func (r *rollout) demandBack(end ending) {
	if r.back != nil || r.status.Phase == PhaseRollingBack || r.status.Phase == PhaseClosed {
		return
	}
	r.back = &end
	if r.status.Reason == "" {
		r.status.Reason = end.reason
	}
	if r.stage != nil {
		r.stage.cancel()
	}
	if r.stopVetting != nil {
		r.stopVetting()
	}
}

func describeViolation(v serving.Violation) string {
	text := fmt.Sprintf("SLO %s violated", v.SLO)
	if v.Observed != 0 || v.Threshold != 0 {
		text += fmt.Sprintf(": observed %.4g, threshold %.4g", v.Observed, v.Threshold)
	}
	if v.Variant != "" {
		text += " on " + string(v.Variant)
	}
	if v.Source != "" {
		text += " (source: " + v.Source + ")"
	}
	return text
}
