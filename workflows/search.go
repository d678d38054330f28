package workflows

import (
	"fmt"
	"math"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Purposes of trials.
const (
	purposeBaseline = "baseline"
	purposeScreen   = "screen" // the first look at a configuration
	purposeFull     = "full"   // a screened one at full length
	purposeRepeat   = "repeat"
	purposeHoldOut  = "hold-out"
	// purposeBaselineAgain is beyond the budget of trials.
	purposeBaselineAgain = "baseline-again"
)

// confirmations are the trials kept back for the winner: repeat and hold-out.
const confirmations = 2

// search finds what to confirm. Runs that began before a search asked for each
// trial measure the present configuration, the engine's defaults and the
// candidates, best prediction first, within the budget of trials.
func (o *optimize) search(ctx workflow.Context) *ending {
	if workflow.GetVersion(ctx, changeSearch, workflow.DefaultVersion, 1) >= 1 {
		return o.ask(ctx)
	}
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

// attempt is one trial that a search wants.
type attempt struct {
	candidate serving.Candidate
	purpose   string
	fidelity  float64 // share of a full trial; 0 is all of it
	slot      int     // of staging; 0 where there is one
	why       string
}

// try runs one trial in full, alone.
func (o *optimize) try(ctx workflow.Context, c serving.Candidate, purpose string) (serving.Trial, *ending) {
	return o.attempt(ctx, attempt{candidate: c, purpose: purpose})
}

// attempt runs one trial as a child.
func (o *optimize) attempt(ctx workflow.Context, a attempt) (serving.Trial, *ending) {
	o.begun++
	number, c, began := o.begun, a.candidate, workflow.Now(ctx)
	phase := PhaseTrialing
	if confirms(a.purpose) {
		phase = PhaseConfirming
	}
	o.enter(ctx, phase, fmt.Sprintf("trial %d (%s): %s", number, a.purpose, describeChange(o.fleet.Config, c.Config)))
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            TrialID(o.in.Fleet, number),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         fmt.Sprintf("%s: %s", a.purpose, c.Name),
		TypedSearchAttributes: attributes(o.fleet, phase),
	})
	var result serving.Trial
	err := workflow.ExecuteChildWorkflow(childCtx, Trial, TrialInput{Fleet: o.fleet, RunID: o.status.RunID,
		Number: number, Purpose: a.purpose, Candidate: c, Ladder: o.ladder(a), Checks: o.checks(a.purpose, c),
		Slot: a.slot, Fidelity: a.fidelity}).Get(ctx, &result)
	if err != nil {
		return result, o.broken(ctx, fmt.Sprintf("trial %d", number), err)
	}
	result.Fidelity, result.Why, result.StagingSeconds = a.fidelity, a.why, workflow.Now(ctx).Sub(began).Seconds()
	o.keep(ctx, result)
	return result, nil
}

// keep adds a trial to the run and tells it.
func (o *optimize) keep(ctx workflow.Context, t serving.Trial) {
	o.status.Trials = append(o.status.Trials, t)
	o.account(ctx)
	record := serving.TrialRecord{RunID: o.status.RunID, Fleet: o.in.Fleet, Trial: t, UpdatedAt: workflow.Now(ctx).UTC()}
	o.story.tell(ctx, activities.RecordInput{Trial: &record}, "trial", describeTrial(t),
		map[string]any{"number": t.Number, "purpose": t.Purpose, "name": t.Candidate.Name, "status": t.Status,
			"goodput_rps": t.Result.Best.GoodputRPS, "e2e_p95_seconds": t.Result.Reference.E2E.P95Seconds,
			"ready_seconds": t.ReadySeconds, "quality": qualityWord(t), "flags": t.Candidate.Config.FlagList()})
}

// confirms reports a trial that holds a winner to what was measured before.
func confirms(purpose string) bool {
	return purpose == purposeRepeat || purpose == purposeHoldOut || purpose == purposeBaselineAgain
}

// ladder is the load of a trial. Every trial sees the same requests, except the
// hold-out, whose requests and arrivals the winner has never seen. A first look
// has shorter steps.
func (o *optimize) ladder(a attempt) serving.LadderSpec {
	plan, share := o.options.Trial, 1.0
	if a.fidelity > 0 {
		share = a.fidelity
	}
	workload := o.status.Workload
	workload.RatePerSecond /= float64(max(1, o.fleet.Replicas))
	step := share * plan.StepSeconds
	spec := serving.LadderSpec{
		Base: serving.LoadSpec{Workload: workload, DurationSeconds: step, WarmupSeconds: plan.WarmupSeconds,
			Seed: 1, RequestTimeoutSeconds: 60},
		Objectives: o.fleet.SLOs, StepSeconds: step, MinRequests: int(math.Ceil(share * float64(plan.MinRequests))),
		MaxRate: plan.MaxRate, Resolution: plan.Resolution, MaxSteps: plan.MaxSteps,
	}
	if a.purpose == purposeHoldOut {
		spec.Base.Seed = 2
	}
	spec.StartRate = o.startRate(a.candidate)
	return spec
}

// startRate saves rungs: the search begins near what was measured of the
// configuration before, or else near what is predicted.
func (o *optimize) startRate(c serving.Candidate) float64 {
	if len(o.status.Trials) == 0 {
		return 0
	}
	for _, t := range o.status.Trials {
		if t.Candidate.Config.Equal(c.Config) {
			return t.Result.MaxGood
		}
	}
	return o.status.Trials[0].Result.MaxGood * max(1, c.Predicted.ThroughputLow)
}

// confirm measures the best candidate again, on the same and on unseen requests,
// and accepts it only if both show the gain.
func (o *optimize) confirm(ctx workflow.Context) *ending {
	baseline := o.status.Trials[0]
	best, ok := o.chosen, o.chosen.Number > 0
	if !ok {
		best, ok = propose.Choose(o.status.Trials, o.options.Objective)
	}
	if !ok {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: o.nothingBetter(baseline)}
	}
	if _, accepted, why := o.accept(baseline, best); !accepted {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: "the best candidate, " + best.Candidate.Name + ", is no clear gain: " + why}
	}
	var gain serving.Comparison
	var last serving.Trial
	for _, purpose := range []string{purposeRepeat, purposeHoldOut} {
		again, end := o.try(ctx, best.Candidate, purpose)
		if end != nil {
			return end
		}
		comparison, accepted, why := o.accept(baseline, again)
		if !accepted {
			return &ending{outcome: serving.OutcomeNoImprovement,
				reason: fmt.Sprintf("the gain of %s did not show in the %s: %s", best.Candidate.Name, purpose, why)}
		}
		gain = weaker(gain, comparison)
		side := o.side(again)
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

// accept compares what the objective is about: of the cost, throughput per GPU.
func (o *optimize) accept(baseline, candidate serving.Trial) (serving.Comparison, bool, string) {
	if o.options.Objective == propose.ObjectiveCost {
		baseline, candidate = propose.PerGPU(baseline), propose.PerGPU(candidate)
	}
	return propose.Accept(baseline, candidate, o.options.MinEffect)
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
