package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// confirmingTrials are the full ones that follow a search: repeat, hold-out and
// the baseline again.
const confirmingTrials = confirmations + 1

// budget is what is left for the search when the confirmations are kept back. The
// clock's bound becomes one of staging time: slots run side by side.
func (a *asked) budget(ctx workflow.Context) search.Budget {
	b := search.Budget{Trials: a.options.MaxTrials - confirmations}
	if len(a.status.Trials) == 0 {
		return b
	}
	full, used := a.status.Trials[0].StagingSeconds/60, 0.0
	for _, t := range a.status.Trials {
		used += t.StagingSeconds / 60
	}
	// A budget that is used up leaves less than nothing; 0 would mean no bound.
	const nothing = 1e-9
	if a.options.MaxMinutes > 0 {
		left := a.options.MaxMinutes - a.minutes(ctx) - confirmingTrials*full
		b.Minutes = max(nothing, used+left*float64(a.options.ParallelTrials))
	}
	if a.options.MaxGPUMinutes > 0 {
		b.GPUMinutes = max(nothing, a.options.MaxGPUMinutes-confirmingTrials*full*propose.GPUs(a.fleet.Config))
	}
	return b
}

// minutes on the clock since the first trial began.
func (o *optimize) minutes(ctx workflow.Context) float64 {
	if o.searchBegan.IsZero() {
		return 0
	}
	return workflow.Now(ctx).Sub(o.searchBegan).Minutes()
}

// plan states what the search will cost at most, before it costs anything. How
// long an engine takes to start is not known then; the first trial shows it.
func (a *asked) plan(ctx workflow.Context) {
	a.searchBegan = workflow.Now(ctx)
	plan := a.options.Trial
	full := float64(plan.MaxSteps) * (plan.StepSeconds + plan.WarmupSeconds) / 60
	e := a.planned(full, 0)
	a.status.Experiment, a.record.Experiment = &e, &e
	a.story.note(ctx, "note", "the search is planned with "+describeExperiment(e)+", starts of engines not counted", nil)
}

// planned is the most that the search takes when a full load and a start take as
// many minutes each.
func (o *optimize) planned(load, start float64) serving.Experiment {
	trials := o.options.MaxTrials + 1
	fulls := min(trials, 1+search.Promotions+confirmingTrials)
	minutes := float64(trials)*start + load*(float64(fulls)+float64(trials-fulls)*o.options.Trial.ScreenFidelity)
	gpuMinutes := minutes * propose.GPUs(o.fleet.Config)
	if limit := o.options.MaxGPUMinutes; limit > 0 {
		gpuMinutes = min(gpuMinutes, limit)
	}
	clock := minutes / float64(o.options.ParallelTrials)
	if limit := o.options.MaxMinutes; limit > 0 {
		clock = min(clock, limit)
	}
	return serving.Experiment{PlannedTrials: trials, PlannedMinutes: clock, PlannedGPUMinutes: gpuMinutes,
		PlannedCost: gpuMinutes / 60 * o.options.GPUPricePerHour}
}

// account adds up what was used, and plans anew with what the first trial took.
func (o *optimize) account(ctx workflow.Context) {
	if !o.asks {
		return
	}
	first := o.status.Trials[0]
	start := min(first.ReadySeconds, first.StagingSeconds) / 60
	e := o.planned(first.StagingSeconds/60-start, start)
	e.Trials, e.Minutes = len(o.status.Trials), o.minutes(ctx)
	for _, t := range o.status.Trials {
		e.GPUMinutes += t.StagingSeconds / 60 * propose.GPUs(t.Candidate.Config)
	}
	e.Cost = e.GPUMinutes / 60 * o.options.GPUPricePerHour
	o.status.Experiment, o.record.Experiment = &e, &e
}

func describeExperiment(e serving.Experiment) string {
	text := fmt.Sprintf("at most %d trials, about %.0f minutes and %.0f GPU-minutes", e.PlannedTrials, e.PlannedMinutes, e.PlannedGPUMinutes)
	if e.PlannedCost > 0 {
		text += fmt.Sprintf(" (%.2f at the given price)", e.PlannedCost)
	}
	return text
}

// side summarises a trial, with its cost where a price was given.
func (o *optimize) side(t serving.Trial) serving.RunSide {
	s := serving.SideOf(t)
	s.CostPerMillionTokens = serving.CostPerMillionTokens(o.options.GPUPricePerHour, propose.GPUs(t.Candidate.Config), s.OutputTokensPerSecond)
	return s
}

// closest is the evidence that objectives are out of reach: of what ran, the
// smallest excess at the lowest rate that was tried.
func closest(trials []serving.Trial) string {
	var text string
	least := 0.0
	for _, t := range trials {
		step, ok := lowestRung(t.Result.Steps)
		if !ok {
			continue
		}
		worst := worstOf(step.Breaches)
		if excess := worst.Observed / worst.Threshold; text == "" || excess < least {
			least = excess
			text = fmt.Sprintf("; the closest was %s at %.2f req/s a replica, where %s was %.3g against %.3g (%.1f times as much)",
				t.Candidate.Name, step.Load.RatePerSecond, worst.Name, worst.Observed, worst.Threshold, excess)
		}
	}
	return text
}

// lowestRung is the failed rung of the lowest rate that says by how much.
func lowestRung(steps []serving.LadderStep) (serving.LadderStep, bool) {
	var lowest serving.LadderStep
	found := false
	for _, s := range steps {
		if worstOf(s.Breaches).Threshold > 0 && (!found || s.Load.RatePerSecond < lowest.Load.RatePerSecond) {
			lowest, found = s, true
		}
	}
	return lowest, found
}

// worstOf is the breach that exceeds its threshold by the greatest factor.
func worstOf(breaches []serving.Evidence) serving.Evidence {
	var worst serving.Evidence
	for _, b := range breaches {
		if b.Threshold > 0 && (worst.Threshold == 0 || b.Observed/b.Threshold > worst.Observed/worst.Threshold) {
			worst = b
		}
	}
	return worst
}
