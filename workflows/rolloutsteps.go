package workflows

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// runningStage is the child that runs now and the way to stop it.
type runningStage struct {
	future workflow.ChildWorkflowFuture
	cancel workflow.CancelFunc
}

// step takes one stage: the arms at their size, the shift and soak in a child,
// and what a person says when the child could not decide. nil means go on.
func (r *rollout) step(ctx workflow.Context, index, weight int) *ending {
	if err := workflow.Await(ctx, func() bool { return !r.status.Paused || r.back != nil }); err != nil {
		return r.broken(ctx, "wait", err)
	}
	if r.back != nil {
		return r.back
	}
	if index > 0 {
		if end := r.passGates(ctx, GateBeforeIncrease, weight); end != nil {
			return end
		}
	}
	reference, err := r.prepareArms(ctx, weight)
	if err != nil {
		return r.broken(ctx, "start canary", err)
	}
	if r.back != nil {
		return r.back
	}
	if r.plan.Strategy == StrategyBlueGreen {
		if end := r.tryIdle(ctx); end != nil {
			return end
		}
	}
	r.status.Weight = weight
	r.enter(ctx, PhaseShifting, fmt.Sprintf("canary at %d%%, compared with %s", weight, orSLOs(reference)))
	result, err := r.runStage(ctx, index, weight, reference)
	if err != nil {
		return r.broken(ctx, fmt.Sprintf("stage %d%%", weight), err)
	}
	r.recordStage(ctx, result)
	if r.back != nil {
		return r.back
	}
	if result.Judgement.Verdict == serving.VerdictFail {
		return &ending{outcome: serving.OutcomeRolledBack, reason: result.Judgement.Reason,
			violation: r.violationOf(ctx, result)}
	}
	if result.NeedsHuman {
		if end := r.awaitHuman(ctx, result); end != nil {
			return end
		}
	}
	if r.plan.Strategy == StrategyAB && weight < 100 {
		return r.pickWinner(ctx, result)
	}
	return nil
}

// prepareArms brings canary and baseline to the size that the weight needs and
// into the router. Where no baseline can be had, stable is the reference, and
// the verdict says so.
func (r *rollout) prepareArms(ctx workflow.Context, weight int) (serving.Variant, error) {
	replicas := canaryReplicas(r.fleet.Replicas, weight)
	if err := r.bringUp(ctx, serving.Canary, r.in.To, replicas); err != nil {
		return "", err
	}
	if reference := referenceAt(r.plan, weight); reference != serving.Baseline {
		return reference, nil
	}
	if err := r.bringUp(ctx, serving.Baseline, r.fleet.Config, replicas); err != nil {
		if canceled(ctx) {
			return "", err
		}
		r.story.note(ctx, "note", "no baseline could be started, comparing with stable: "+rootMessage(err), nil)
		return serving.Stable, nil
	}
	return serving.Baseline, nil
}

func (r *rollout) bringUp(ctx workflow.Context, v serving.Variant, config serving.EngineConfig, replicas int) error {
	var up activities.EnsureVariantResult
	err := workflow.ExecuteActivity(provisioning(ctx, fmt.Sprintf("start %s x%d", v, replicas)), variants.EnsureVariant,
		activities.EnsureVariantInput{Fleet: r.fleet, Variant: v, Config: config, Replicas: replicas}).Get(ctx, &up)
	if err != nil {
		return err
	}
	return workflow.ExecuteActivity(writing(ctx, fmt.Sprintf("route to %s", v)), traffic.SetEndpoints,
		activities.SetEndpointsInput{Fleet: r.fleet, Variant: v, Endpoints: up.Status.Endpoints}).Get(ctx, nil)
}

// split is the traffic at a canary weight: a baseline gets the canary's share.
func (r *rollout) split(weight int, reference serving.Variant) serving.Weights {
	r.revision++
	if r.plan.byHeader(weight) {
		w := serving.AllStable(r.revision)
		w.Rules = []serving.RouteRule{{Header: r.plan.AB.Header, Value: r.plan.AB.Value, Variant: serving.Canary}}
		return w
	}
	shares := []serving.Share{{Variant: serving.Stable, Percent: 100 - weight}, {Variant: serving.Canary, Percent: weight}}
	if reference == serving.Baseline {
		shares[0].Percent -= weight
		shares = append(shares, serving.Share{Variant: serving.Baseline, Percent: weight})
	}
	return serving.Weights{Revision: r.revision, Shares: shares}
}

func (r *rollout) runStage(ctx workflow.Context, index, weight int, reference serving.Variant) (StageResult, error) {
	stageCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	future := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(stageCtx, workflow.ChildWorkflowOptions{
		WorkflowID:            StageID(r.in.Fleet, weight),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         fmt.Sprintf("canary of %s at %d%%", r.in.Fleet, weight),
		TypedSearchAttributes: attributes(r.fleet, PhaseShifting),
	}), CanaryStage, StageInput{Fleet: r.fleet, RolloutID: r.started.ID, RunID: r.in.RunID, Index: index, Weight: weight,
		Weights: r.split(weight, reference), MinSeconds: r.plan.leastSeconds(weight), Plan: r.plan, Reference: reference})
	r.stage = &runningStage{future: future, cancel: cancel}
	defer func() { r.stage = nil }()
	var result StageResult
	err := future.Get(ctx, &result)
	return result, err
}

// awaitHuman holds the canary where it is until a person accepts the stage,
// something demands the way back, or the time is up, which means back.
func (r *rollout) awaitHuman(ctx workflow.Context, stage StageResult) *ending {
	r.accepted = false
	r.enter(ctx, PhaseAwaitingHuman, fmt.Sprintf("stage %d%% is %s: promote accepts it, rollback goes back",
		stage.Weight, stage.Judgement.Verdict))
	r.story.needsHuman(ctx, fmt.Sprintf("stage %d%% is %s: %s; promote accepts it, rollback goes back", stage.Weight, stage.Judgement.Verdict, stage.Judgement.Reason))
	decided, err := workflow.AwaitWithTimeout(ctx, seconds(r.plan.HumanTimeoutSeconds), func() bool { return r.accepted || r.back != nil })
	switch {
	case err != nil:
		return r.broken(ctx, "wait for a person", err)
	case r.back != nil:
		return r.back
	case !decided:
		return &ending{outcome: serving.OutcomeRolledBack,
			reason: fmt.Sprintf("stage %d%% was %s and nobody decided in time", stage.Weight, stage.Judgement.Verdict)}
	}
	return nil
}

// violationOf states a failed stage as a violation, so that every way back has
// one form of cause.
func (r *rollout) violationOf(ctx workflow.Context, stage StageResult) *serving.Violation {
	v := serving.Violation{Fleet: r.in.Fleet, Variant: serving.Canary, SLO: "canary-verdict", Source: "stage",
		BeganUnix: stage.StartedUnix, DetectedUnix: unix(workflow.Now(ctx)), Reason: stage.Judgement.Reason,
		Samples: stage.Judgement.Canary.Requests}
	for _, check := range stage.Judgement.Checks {
		if check.Verdict == serving.VerdictFail {
			v.SLO, v.Observed, v.Threshold = string(check.Metric), check.Observed, check.Reference
			break
		}
	}
	return &v
}

func orSLOs(reference serving.Variant) string {
	if reference == "" {
		return "the objectives alone"
	}
	return string(reference)
}
