package workflows

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Purposes of trials.
const (
	purposeBaseline = "baseline"
	purposeScreen   = "screen"
	purposeRepeat   = "repeat"
	purposeHoldOut  = "hold-out"
	// purposeBaselineAgain is beyond the budget of trials.
	purposeBaselineAgain = "baseline-again"
)

// confirmations are the trials kept back for the winner: repeat and hold-out.
const confirmations = 2

// search measures the present configuration, the engine's defaults and the
// candidates, best prediction first, within the budget of trials.
func (o *optimize) search(ctx workflow.Context) *ending {
	baseline := serving.Candidate{Name: "baseline", Config: o.fleet.Config, Risk: serving.RiskCheap}
	measured, end := o.try(ctx, baseline, purposeBaseline)
	if end != nil {
		return end
	}
	if measured.Status == serving.TrialFailed {
		return &ending{outcome: serving.OutcomeFailed, reason: "the present configuration could not be measured in staging: " + measured.Reason}
	}
	side := serving.SideOf(measured)
	o.record.Baseline = &side
	for _, c := range o.queue() {
		if len(o.status.Trials)+confirmations >= o.options.MaxTrials {
			break
		}
		if end := o.gate(ctx); end != nil {
			return end
		}
		if _, end := o.try(ctx, c, purposeScreen); end != nil {
			return end
		}
	}
	return nil
}

// queue is what to screen: the defaults first, since a run always measures
// them, and nothing twice.
func (o *optimize) queue() []serving.Candidate {
	seen := map[string]bool{o.fleet.Config.Key(): true}
	var out []serving.Candidate
	for _, c := range append([]serving.Candidate{o.defaults}, o.status.Candidates...) {
		if key := c.Config.Key(); !seen[key] && c.Config.Model != "" {
			seen[key] = true
			out = append(out, c)
		}
	}
	return out
}

// try runs one trial as a child.
func (o *optimize) try(ctx workflow.Context, c serving.Candidate, purpose string) (serving.Trial, *ending) {
	number := len(o.status.Trials) + 1
	phase := PhaseTrialing
	if confirms(purpose) {
		phase = PhaseConfirming
	}
	o.enter(ctx, phase, fmt.Sprintf("trial %d (%s): %s", number, purpose, describeChange(o.fleet.Config, c.Config)))
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            TrialID(o.in.Fleet, number),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         fmt.Sprintf("%s: %s", purpose, c.Name),
		TypedSearchAttributes: attributes(o.fleet, phase),
	})
	var result serving.Trial
	err := workflow.ExecuteChildWorkflow(childCtx, Trial, TrialInput{Fleet: o.fleet, RunID: o.status.RunID,
		Number: number, Purpose: purpose, Candidate: c, Ladder: o.ladder(purpose, c), Checks: o.checks(purpose, c)}).Get(ctx, &result)
	if err != nil {
		return result, o.broken(ctx, fmt.Sprintf("trial %d", number), err)
	}
	o.status.Trials = append(o.status.Trials, result)
	record := serving.TrialRecord{RunID: o.status.RunID, Fleet: o.in.Fleet, Trial: result, UpdatedAt: workflow.Now(ctx).UTC()}
	o.story.tell(ctx, activities.RecordInput{Trial: &record}, "trial", describeTrial(result),
		map[string]any{"number": number, "purpose": purpose, "name": c.Name, "status": result.Status,
			"goodput_rps": result.Result.Best.GoodputRPS, "e2e_p95_seconds": result.Result.Reference.E2E.P95Seconds,
			"ready_seconds": result.ReadySeconds, "quality": qualityWord(result), "flags": c.Config.FlagList()})
	return result, nil
}

// confirms reports a trial of a configuration that was measured before.
func confirms(purpose string) bool {
	return purpose == purposeRepeat || purpose == purposeHoldOut || purpose == purposeBaselineAgain
}

// ladder is the load of a trial. Every trial sees the same requests, except the
// hold-out, whose requests and arrivals the winner has never seen.
func (o *optimize) ladder(purpose string, c serving.Candidate) serving.LadderSpec {
	plan := o.options.Trial
	workload := o.status.Workload
	workload.RatePerSecond /= float64(max(1, o.fleet.Replicas))
	spec := serving.LadderSpec{
		Base: serving.LoadSpec{Workload: workload, DurationSeconds: plan.StepSeconds, WarmupSeconds: plan.WarmupSeconds,
			Seed: 1, RequestTimeoutSeconds: 60},
		Objectives: o.fleet.SLOs, StepSeconds: plan.StepSeconds, MinRequests: plan.MinRequests,
		MaxRate: plan.MaxRate, Resolution: plan.Resolution, MaxSteps: plan.MaxSteps,
	}
	if purpose == purposeHoldOut {
		spec.Base.Seed = 2
	}
	spec.StartRate = o.startRate(purpose, c)
	return spec
}

// startRate saves rungs: the search begins near what the model predicts, or, for
// a confirmation, near what was measured.
func (o *optimize) startRate(purpose string, c serving.Candidate) float64 {
	if len(o.status.Trials) == 0 {
		return 0
	}
	if confirms(purpose) {
		for _, t := range o.status.Trials {
			if t.Candidate.Config.Equal(c.Config) {
				return t.Result.MaxGood
			}
		}
	}
	return o.status.Trials[0].Result.MaxGood * max(1, c.Predicted.ThroughputLow)
}

// confirm measures the best candidate again, on the same and on unseen requests,
// and accepts it only if both show the gain.
func (o *optimize) confirm(ctx workflow.Context) *ending {
	baseline := o.status.Trials[0]
	best, ok := propose.Choose(o.status.Trials, o.options.Objective)
	if !ok {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: o.nothingBetter(baseline)}
	}
	if _, accepted, why := propose.Accept(baseline, best, o.options.MinEffect); !accepted {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: "the best candidate, " + best.Candidate.Name + ", is no clear gain: " + why}
	}
	var gain serving.Comparison
	var last serving.Trial
	for _, purpose := range []string{purposeRepeat, purposeHoldOut} {
		again, end := o.try(ctx, best.Candidate, purpose)
		if end != nil {
			return end
		}
		comparison, accepted, why := propose.Accept(baseline, again, o.options.MinEffect)
		if !accepted {
			return &ending{outcome: serving.OutcomeNoImprovement,
				reason: fmt.Sprintf("the gain of %s did not show in the %s: %s", best.Candidate.Name, purpose, why)}
		}
		gain = weaker(gain, comparison)
		side := serving.SideOf(again)
		o.record.Winner, last = &side, again
	}
	o.status.Winner, o.status.Gain = &best.Candidate, &gain
	o.record.Gain = &gain
	if end := o.recheck(ctx, last); end != nil {
		return end
	}
	show(ctx, ImprovementKey.ValueSet(o.status.Gain.ThroughputRatio))
	return nil
}

func (o *optimize) nothingBetter(baseline serving.Trial) string {
	reason := fmt.Sprintf("nothing tried beats the present configuration, which keeps the SLOs up to %.2f req/s a replica (%d trials)",
		baseline.Result.MaxGood, len(o.status.Trials))
	for _, t := range o.status.Trials[1:] {
		blockedByStart := t.ColdStart != nil && t.ColdStart.Verdict == serving.VerdictFail
		if t.Status == serving.TrialFailed && (t.Quality != nil || blockedByStart) {
			reason += fmt.Sprintf("; %s was %s", t.Candidate.Name, t.Reason)
		}
	}
	return reason
}

// weaker is the lesser of two confirmations, so that a run promises no more than
// each of them showed; its bounds are those that hold for both. The zero
// Comparison stands for none yet.
func weaker(a, b serving.Comparison) serving.Comparison {
	if a == (serving.Comparison{}) {
		return b
	}
	return serving.Comparison{
		ThroughputRatio:     min(a.ThroughputRatio, b.ThroughputRatio),
		ThroughputRatioLow:  min(a.ThroughputRatioLow, b.ThroughputRatioLow),
		E2EP95Reduction:     min(a.E2EP95Reduction, b.E2EP95Reduction),
		E2EP95ReductionLow:  min(a.E2EP95ReductionLow, b.E2EP95ReductionLow),
		ThroughputRatioHigh: looser(a.ThroughputRatioHigh, b.ThroughputRatioHigh),
		E2EP95ReductionHigh: max(a.E2EP95ReductionHigh, b.E2EP95ReductionHigh),
	}
}

// looser is the upper bound that holds for both, 0 where nothing bounds one.
func looser(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}
