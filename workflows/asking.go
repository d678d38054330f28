package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// asked is a search whose every trial follows from those before it. What it knows
// is the history; the decision itself is an activity, so that a better search
// breaks no open run.
type asked struct {
	*optimize
	seen    []search.Observation // in the order in which they began
	free    []int                // staging slots that nobody uses
	running int
	done    int     // trials that ended
	broke   *ending // by a trial that could not be run
}

// ask searches until there is a winner to confirm or a reason to end.
func (o *optimize) ask(ctx workflow.Context) *ending {
	o.asks = true
	a := &asked{optimize: o}
	for slot := range o.options.ParallelTrials {
		a.free = append(a.free, slot+1)
	}
	a.plan(ctx)
	trials, cancel := workflow.WithCancel(ctx)
	step, end := a.loop(ctx, trials)
	if end != nil {
		cancel()
	}
	// Nothing is left running: a slot that a trial still holds is no slot for the
	// next run.
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	_ = workflow.Await(disconnected, func() bool { return a.running == 0 })
	cancel()
	if end != nil {
		return end
	}
	return a.finish(step)
}

// loop starts what is asked for as slots become free, and asks again after each
// trial that ends.
func (a *asked) loop(ctx, trials workflow.Context) (search.Step, *ending) {
	for {
		if end := a.gate(ctx); end != nil {
			return search.Step{}, end
		}
		// A trial may end while the search answers; the answer is then of a history
		// that has gone on.
		done := a.done
		step, end := a.next(ctx)
		if end != nil || step.Done && a.running == 0 && a.done == done {
			return step, end
		}
		ready := func() bool { return a.done > done }
		if !step.Done {
			a.start(trials, step)
			// The first is alone, since everything is relative to it.
			ready = func() bool { return len(a.free) > 0 && (len(a.seen) > 1 || a.running == 0) }
		}
		if err := workflow.Await(ctx, func() bool { return a.broke != nil || ready() }); err != nil {
			return step, a.broken(ctx, "wait for trials", err)
		}
		if a.broke != nil {
			return step, a.broke
		}
	}
}

// next asks the search.
func (a *asked) next(ctx workflow.Context) (search.Step, *ending) {
	var step search.Step
	if len(a.seen) > 0 { // the first is always the present configuration
		if err := a.heard(ctx); err != nil {
			return step, a.broken(ctx, "wait for the advisor", err)
		}
	}
	err := workflow.ExecuteActivity(pondering(ctx, "next trial"), analysis.NextTrial, activities.NextTrialInput{
		Problem: activities.SearchProblem{Fleet: a.fleet, Snapshot: a.snapshot, Workload: a.status.Workload,
			Bottlenecks: a.status.Bottlenecks, Proposals: a.proposals(), Given: given(a.options.Candidates),
			Objective: a.options.Objective, MinEffect: a.options.MinEffect, ScreenFidelity: a.options.Trial.ScreenFidelity},
		Budget: a.budget(ctx), Seen: a.seen}).Get(ctx, &step)
	if err != nil {
		return step, a.broken(ctx, "next trial", err)
	}
	a.status.Searching = step.Reason
	return step, nil
}

// proposals are those of rules and of a language model alike; what a person gave
// is tried instead of them.
func (a *asked) proposals() []serving.Candidate {
	if len(a.options.Candidates) > 0 {
		return nil
	}
	return a.status.Candidates
}

// start runs a trial beside the loop. Its place in the history is where it began.
func (a *asked) start(ctx workflow.Context, step search.Step) {
	i, slot := len(a.seen), a.free[0]
	a.free = a.free[1:]
	a.seen = append(a.seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, Pending: true})
	a.running++
	workflow.GoNamed(ctx, fmt.Sprintf("trial-%d", i+1), func(ctx workflow.Context) {
		t, end := a.attempt(ctx, a.attemptOf(step, slot))
		a.seen[i] = observe(t, step)
		a.free = append(a.free, slot)
		slices.Sort(a.free)
		a.running--
		a.done++
		if end == nil && i == 0 && t.Status == serving.TrialFailed {
			end = &ending{outcome: serving.OutcomeFailed, reason: "the present configuration could not be measured in staging: " + t.Reason}
		}
		if a.broke == nil {
			a.broke = end
		}
	})
}

func (a *asked) attemptOf(step search.Step, slot int) attempt {
	out := attempt{candidate: step.Candidate, purpose: purposeScreen, fidelity: step.Fidelity, why: step.Reason}
	switch {
	case len(a.seen) == 1:
		out.purpose = purposeBaseline
	case slices.ContainsFunc(a.seen[:len(a.seen)-1], func(o search.Observation) bool { return o.Config.Equal(step.Candidate.Config) }):
		out.purpose = purposeFull
	}
	if out.fidelity >= 1 {
		out.fidelity = 0
	}
	if a.options.ParallelTrials > 1 {
		out.slot = slot
	}
	return out
}

// observe is what a search learns from a trial.
func observe(t serving.Trial, step search.Step) search.Observation {
	out := search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, Minutes: t.StagingSeconds / 60,
		Failed: t.Status != serving.TrialMeasured, Reason: t.Reason, MaxGood: t.Result.MaxGood, MinBad: t.Result.MinBad.Or(0)}
	if r := t.Result.Reference; r.E2E.Count > 0 && r.Invalid == "" && r.Abandoned == 0 {
		out.E2EP95Seconds = r.E2E.P95Seconds
	}
	return out
}

// finish turns the search's answer into what to confirm or how to end.
func (a *asked) finish(step search.Step) *ending {
	baseline := a.status.Trials[0]
	side := a.side(baseline)
	a.record.Baseline = &side
	a.front()
	switch step.Outcome {
	case search.Infeasible:
		return &ending{outcome: serving.OutcomeInfeasible, reason: step.Reason + closest(a.status.Trials)}
	case search.Winner:
		for _, t := range a.status.Trials {
			if t.Fidelity == 0 && t.Status == serving.TrialMeasured && t.Candidate.Config.Equal(step.Candidate.Config) {
				a.chosen = t
				return nil
			}
		}
	}
	return &ending{outcome: serving.OutcomeNoImprovement, reason: a.nothingBetter(baseline) + "; " + step.Reason}
}

// front keeps what no other full measurement beat, where that was the objective.
func (a *asked) front() {
	if a.options.Objective != propose.ObjectivePareto {
		return
	}
	for _, i := range search.Front(a.seen) {
		for _, t := range a.status.Trials {
			if t.Fidelity == 0 && t.Candidate.Config.Equal(a.seen[i].Config) {
				a.status.Front = append(a.status.Front, a.side(t))
				break
			}
		}
	}
	a.record.Front = a.status.Front
}
