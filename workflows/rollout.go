package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Rollout shifts a fleet's production traffic to another configuration in
// stages and takes it back, in one jump, when an objective breaks, a person
// says so, or it is cancelled. It ends with promoted, rolled_back, rejected or
// advised as an ordinary result; Canceled when it was cancelled and everything
// was taken back; and fails with RollbackFailed when taking back failed.
//
// It must have no run or execution timeout: a timed-out workflow never runs its
// undo.
func Rollout(ctx workflow.Context, in RolloutInput) (RolloutResult, error) {
	r := &rollout{in: in, plan: in.Plan.WithDefaults()}
	if err := r.init(ctx); err != nil {
		return RolloutResult{}, err
	}
	end := r.proceed(ctx)
	return r.close(ctx, end)
}

// rollout is the state of one canary shift.
type rollout struct {
	in     RolloutInput
	plan   Plan
	fleet  serving.Fleet
	status RolloutStatus
	story  *story
	undo   compensation
	// revision is the last one written or read at the router; every write takes
	// the next one.
	revision int64
	started  serving.RolloutRecord

	approved, rejected bool
	decidedBy          Command             // who approved or rejected
	accepted           bool                // a person accepted the stage that waits
	back               *ending             // set once by whatever demands the way back
	stage              *runningStage       // nil between stages
	stopVetting        workflow.CancelFunc // nil unless answers are being compared
	seen               map[string]bool     // violation IDs that were handled
	restored           time.Time           // when all-stable was read back from the router
	slot               *heldSlot           // nil when nothing bounds who may go ahead
}

// ending is how a rollout ends and why.
type ending struct {
	outcome   serving.Outcome
	reason    string
	violation *serving.Violation
}

func (r *rollout) init(ctx workflow.Context) error {
	info := workflow.GetInfo(ctx)
	r.seen = map[string]bool{}
	r.status = RolloutStatus{Fleet: r.in.Fleet, Phase: PhasePreparing, To: r.in.To}
	subject := r.in.RunID
	if subject == "" {
		subject = info.OriginalRunID
	}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (RolloutStatus, error) { return r.status, nil }); err != nil {
		return fmt.Errorf("register query: %w", err)
	}
	if err := r.listen(ctx); err != nil {
		return err
	}
	r.story = newStory(ctx, subject, r.in.Fleet)
	r.started = serving.RolloutRecord{ID: info.OriginalRunID, WorkflowID: info.WorkflowExecution.ID,
		Fleet: r.in.Fleet, RunID: r.in.RunID, To: r.in.To, StartedAt: workflow.Now(ctx).UTC()}
	return nil
}

// proceed narrates the rollout up to its end. Nothing is taken back here.
func (r *rollout) proceed(ctx workflow.Context) ending {
	if end := r.check(ctx); end != nil {
		return *end
	}
	if r.fleet.Policy.Advisory || r.plan.Strategy == StrategyAdvisory {
		advice := adviseOn(r.fleet, r.in.To, r.plan)
		r.status.Advice = &advice
		return ending{outcome: serving.OutcomeAdvised, reason: "advisory mode: the change is valid, nothing was written; the plan: " + advice.Text}
	}
	if end := r.admit(ctx); end != nil {
		return *end
	}
	if end := r.vet(ctx); end != nil {
		return *end
	}
	r.status.Plan = foresee(r.plan, r.fleet, r.in.ColdStart)
	if end := r.awaitApproval(ctx); end != nil {
		return *end
	}
	if end := r.passGates(ctx, GateBeforeRollout, r.plan.Weights[0]); end != nil {
		return *end
	}
	if end := r.takeSlot(ctx); end != nil {
		return *end
	}
	if end := r.settle(ctx); end != nil {
		return *end
	}
	for i, weight := range r.plan.Weights {
		if end := r.step(ctx, i, weight); end != nil {
			return *end
		}
	}
	if end := r.passGates(ctx, GateBeforePromotion, 100); end != nil {
		return *end
	}
	return r.promote(ctx)
}

// check loads the fleet and refuses a change that the engine would refuse.
func (r *rollout) check(ctx workflow.Context) *ending {
	var loaded activities.LoadFleetResult
	err := workflow.ExecuteActivity(recalling(ctx, "load fleet"), fleets.LoadFleet,
		activities.LoadFleetInput{Name: r.in.Fleet}).Get(ctx, &loaded)
	if err != nil {
		return r.broken(ctx, "load fleet", err)
	}
	r.fleet = loaded.Fleet
	r.status.From, r.started.From = r.fleet.Config, r.fleet.Config
	r.enter(ctx, PhasePreparing, fmt.Sprintf("rollout of %s to %s", describeChange(r.fleet.Config, r.in.To), r.in.Fleet))
	if r.in.To.Equal(r.fleet.Config) {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: "the fleet runs this configuration already"}
	}
	err = workflow.ExecuteActivity(quickly(ctx, "validate configuration"), analysis.ValidateConfig,
		activities.ValidateConfigInput{Fleet: r.fleet, Config: r.in.To}).Get(ctx, nil)
	if err != nil {
		return r.broken(ctx, "validate", err)
	}
	return nil
}

func (r *rollout) awaitApproval(ctx workflow.Context) *ending {
	if !r.in.RequireApproval {
		return nil
	}
	r.enter(ctx, PhaseAwaitingApproval, "waiting for a person to approve the rollout")
	r.story.needsHuman(ctx, "approve or reject the rollout: "+describeChange(r.fleet.Config, r.in.To))
	timeout := r.in.ApprovalTimeoutSeconds
	setDefault(&timeout, 24*3600)
	decided, err := workflow.AwaitWithTimeout(ctx, seconds(timeout), func() bool { return r.approved || r.rejected || r.back != nil })
	switch {
	case err != nil:
		return r.broken(ctx, "wait for approval", err)
	case !decided:
		return &ending{outcome: serving.OutcomeRejected, reason: "nobody approved in time"}
	case r.rejected || r.back != nil:
		return &ending{outcome: serving.OutcomeRejected, reason: r.status.Reason}
	}
	return r.admit(ctx) // again: a person may have taken a day
}

// settle makes sure that the rollout starts from all-stable, the state that
// every way back restores.
func (r *rollout) settle(ctx workflow.Context) *ending {
	var read activities.ReadTrafficResult
	err := workflow.ExecuteActivity(quickly(ctx, "read weights"), traffic.ReadTraffic,
		activities.ReadTrafficInput{Fleet: r.fleet}).Get(ctx, &read)
	if err != nil {
		return r.broken(ctx, "read weights", err)
	}
	r.revision = read.Traffic.Weights.Revision
	r.undo.add(undo{name: "remove canary and baseline", run: r.removeArms})
	r.undo.add(undo{name: "restore all-stable weights", run: r.restoreWeights, guards: true})
	if read.Traffic.Weights.SameSplit(serving.AllStable(0)) {
		return nil
	}
	r.story.note(ctx, "note", "an earlier rollout left the weights moved: restoring all-stable first", nil)
	if err := r.restoreWeights(ctx); err != nil {
		return r.broken(ctx, "restore weights", err)
	}
	return nil
}

// broken turns an error of a step into an ending: whatever demanded the way back
// before it, canceled if the rollout was asked to stop, failed otherwise.
func (r *rollout) broken(ctx workflow.Context, step string, err error) *ending {
	if r.back != nil {
		return r.back
	}
	if canceled(ctx) {
		return &ending{outcome: serving.OutcomeCanceled, reason: "canceled"}
	}
	if temporal.IsCanceledError(err) { // somebody canceled the stage alone
		return &ending{outcome: serving.OutcomeRolledBack, reason: step + " was canceled"}
	}
	return &ending{outcome: serving.OutcomeFailed, reason: step + ": " + rootMessage(err)}
}

// close takes back whatever is registered, records the end, and decides once
// how the workflow closes.
func (r *rollout) close(ctx workflow.Context, end ending) (RolloutResult, error) {
	result := RolloutResult{Outcome: end.outcome, Reason: end.reason, Violation: end.violation,
		Stages: r.status.Stages, Gates: r.status.Gates, Advice: r.status.Advice, WorkflowID: r.started.WorkflowID, RunID: r.started.ID}
	undone := len(r.undo.undos) > 0
	if undone {
		r.enter(ctx, PhaseRollingBack, "going back to stable: "+end.reason)
	}
	undoErr := r.undo.run(ctx)
	if undone && undoErr == nil {
		result.RestoredUnix = unix(r.restored)
		r.status.Weight = 0
	}
	r.status.Outcome, r.status.Reason, r.status.Violation = end.outcome, end.reason, end.violation
	if undoErr != nil {
		r.status.Outcome = serving.OutcomeFailed
		r.status.Reason = fmt.Sprintf("%s (%s) after: %s", rollbackFailed, undoErr, end.reason)
	}
	r.returnSlot(ctx)
	r.enter(ctx, PhaseClosed, string(r.status.Outcome)+": "+r.status.Reason)
	r.tellEnd(ctx, undoErr != nil)
	r.story.finish(ctx)
	switch {
	case undoErr != nil:
		return result, failed(ErrRollbackFailed, r.status.Reason)
	case end.outcome == serving.OutcomeCanceled:
		return result, workflow.ErrCanceled
	case end.outcome == serving.OutcomeFailed:
		return result, failed(ErrRunFailed, end.reason)
	}
	return result, nil
}
