package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// listen takes the same orders as Rollout. While the rollout child runs they are
// passed on to it, which decides.
func (o *optimize) listen(ctx workflow.Context) error {
	workflow.GoNamed(ctx, "violations", func(ctx workflow.Context) {
		channel := workflow.GetSignalChannel(ctx, SLOViolation)
		for {
			var v serving.Violation
			channel.Receive(ctx, &v)
			if o.rollout == nil {
				workflow.GetLogger(ctx).Info("violation before the rollout: nothing to take back", "slo", v.SLO)
				continue
			}
			o.rollout.SignalChildWorkflow(ctx, SLOViolation, v)
		}
	})
	return commands{allowed: o.allowed, permitted: o.permitted, apply: o.obey, phase: func() Phase { return o.status.Phase }}.
		listen(ctx, Approve, Reject, Pause, Resume, Promote, Rollback)
}

func (o *optimize) allowed(name string) error {
	switch name {
	case Approve, Reject:
		return only(name, o.status.Phase, PhaseAwaitingApproval)
	case Promote:
		return only(name, o.status.Phase, PhaseRollingOut)
	case Resume:
		if !o.status.Paused {
			return fmt.Errorf("resume is not possible: the run is not paused")
		}
	}
	if o.status.Phase == PhaseClosed {
		return fmt.Errorf("%s is not possible: the run is closed", name)
	}
	return nil
}

func (o *optimize) permitted(name string, c Command) error { return mayOrder(o.fleet, name, c) }

func (o *optimize) obey(ctx workflow.Context, name string, c Command) {
	o.story.note(ctx, "note", name+" "+by(c), nil)
	if o.rollout != nil && name != Approve && name != Reject {
		o.rollout.SignalChildWorkflow(ctx, name, c)
	}
	switch name {
	case Approve:
		o.approved = true
	case Reject:
		o.rejected, o.status.Reason = true, "rejected "+by(c)
	case Pause, Resume:
		o.status.Paused = name == Pause
	case Rollback:
		if o.rollout == nil {
			o.rollback, o.status.Reason = &c, "stopped before the rollout "+by(c)
		}
	}
}
