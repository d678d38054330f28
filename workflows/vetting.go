package workflows

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// vet lets a given configuration go on only if its answers are known to be as
// good as those of the present one, or cannot differ, or a person said that they
// need not be. A run's own candidate was gated in its trials.
func (r *rollout) vet(ctx workflow.Context) *ending {
	if r.in.RunID != "" || workflow.GetVersion(ctx, changeVetted, workflow.DefaultVersion, 1) < 1 {
		return nil
	}
	var found activities.FindEvidenceResult
	err := workflow.ExecuteActivity(recalling(ctx, "look for evidence"), evidence.FindEvidence,
		activities.FindEvidenceInput{Fleet: r.fleet, Config: r.in.To}).Get(ctx, &found)
	if err != nil {
		return r.broken(ctx, "look for evidence", err)
	}
	v := serving.Vetting{Risk: found.Risk, ColdStart: found.ColdStart}
	switch {
	case !quality.Gated(found.Risk):
		v.Basis, v.Reason = serving.VettedCheap, "nothing changes that answers depend on"
	case found.Trial != nil:
		v.Basis, v.RunID, v.Trial, v.Quality = serving.VettedTrial, found.Trial.RunID, found.Trial.Number, &found.Trial.Quality
		v.Reason = fmt.Sprintf("trial %d of run %s passed the quality gate: %s", v.Trial, v.RunID, v.Quality.Reason)
	case r.in.SkipQualityReason != "":
		v.Basis = serving.VettedSkipped
		v.Reason = fmt.Sprintf("the quality gate was skipped by %s: %s", orSomebody(r.in.RequestedBy), r.in.SkipQualityReason)
	default:
		return r.checkAnswers(ctx, v)
	}
	return r.vetted(ctx, v)
}

// vetted records the evidence and refuses what it speaks against.
func (r *rollout) vetted(ctx workflow.Context, v serving.Vetting) *ending {
	r.status.Vetting, r.in.ColdStart = &v, v.ColdStart
	r.enter(ctx, PhasePreparing, fmt.Sprintf("risk %s: %s", v.Risk, v.Reason))
	switch {
	case v.Basis == serving.VettedChecked && v.Quality.Verdict != serving.VerdictPass:
		return &ending{outcome: serving.OutcomeRejected, reason: blocked(*v.Quality).Error()}
	case v.ColdStart != nil && v.ColdStart.Verdict == serving.VerdictFail:
		return &ending{outcome: serving.OutcomeRejected, reason: startsTooSlowly(*v.ColdStart).Error()}
	}
	return nil
}

// checkAnswers holds a staging replica of the configuration to a stable one. The
// replica is gone again before production is touched.
func (r *rollout) checkAnswers(ctx workflow.Context, v serving.Vetting) *ending {
	r.enter(ctx, PhasePreparing, fmt.Sprintf("risk %s and no trial of this change in the record: comparing answers in staging", v.Risk))
	stoppable, stop := workflow.WithCancel(ctx)
	r.stopVetting = stop
	defer func() { r.stopVetting = nil }()
	r.undo.add(undo{name: "stop staging", run: r.stopStaging})
	err := r.compareAnswers(stoppable, &v)
	if undoErr := r.undo.run(ctx); undoErr != nil && err == nil {
		err = undoErr
	}
	switch {
	case r.back != nil:
		return &ending{outcome: serving.OutcomeRejected, reason: r.back.reason, violation: r.back.violation}
	case err != nil:
		return r.broken(ctx, "compare answers", err)
	}
	return r.vetted(ctx, v)
}

// compareAnswers starts the replica and leaves the rest to a Validate of its own,
// whose verdict is thereby recorded like any other.
func (r *rollout) compareAnswers(ctx workflow.Context, v *serving.Vetting) error {
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(provisioning(ctx, "start staging"), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: r.fleet, Variant: serving.Staging, Config: r.in.To, Replicas: 1}).Get(ctx, &up)
	if err != nil {
		return err
	}
	if len(up.Status.Endpoints) == 0 {
		return errNowhere
	}
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            ValidationID(r.started.ID),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         "answers of the configuration to be rolled out to " + r.in.Fleet,
		TypedSearchAttributes: attributes(r.fleet, PhasePreparing),
	}), Validate, ValidateInput{ID: r.started.ID, Fleet: r.in.Fleet, Candidate: up.Status.Endpoints[0],
		Model: r.in.To.Model, Policy: r.fleet.Quality})
	var execution workflow.Execution
	if err := child.GetChildWorkflowExecution().Get(ctx, &execution); err != nil {
		return err
	}
	var out ValidateStatus
	if err := child.Get(ctx, &out); err != nil {
		return err
	}
	start := serving.JudgeColdStart(r.fleet.Policy, up.Status.ReadySeconds, baselineOf(v.ColdStart))
	v.ColdStart = &start
	v.Basis, v.Quality, v.ValidationID = serving.VettedChecked, out.Quality, execution.RunID
	v.Reason = "answers compared in staging: " + out.Reason
	return nil
}

func (r *rollout) stopStaging(ctx workflow.Context) error {
	return workflow.ExecuteActivity(undoing(ctx, "stop staging"), variants.RemoveVariant,
		activities.RemoveVariantInput{Fleet: r.fleet, Variant: serving.Staging}).Get(ctx, nil)
}

// baselineOf is what an earlier cold start was held to.
func baselineOf(c *serving.ColdStart) serving.Measure {
	if c == nil {
		return serving.Unknown()
	}
	return c.BaselineSeconds
}

func orSomebody(who string) string {
	if who == "" {
		return "somebody"
	}
	return who
}
