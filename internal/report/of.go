package report

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Of gathers the report of a run from what is kept of it.
func Of(f Facts) Report {
	run := f.Run
	r := Report{
		Fleet: run.Fleet, RunID: run.ID, WorkflowID: run.WorkflowID, GeneratedAt: f.Now.UTC(),
		Running: run.ClosedAt == nil, Phase: run.Phase, Outcome: run.Outcome, Reason: run.Reason,
		StartedAt: run.StartedAt, ClosedAt: run.ClosedAt, Seconds: f.end().Sub(run.StartedAt).Seconds(),
		Workload: run.Workload, Search: run.Experiment,
		Findings:        append([]serving.Bottleneck{}, run.Findings...),
		Recommendations: []serving.Recommendation{}, Objectives: []serving.Objective{},
	}
	if f.Fleet != nil {
		r.Objectives = append(r.Objectives, f.Fleet.SLOs...)
	}
	if f.Analysis != nil {
		r.Recommendations = append(r.Recommendations, f.Analysis.Recommendations...)
	}
	r.Setting = settingOf(f)
	r.Tried = triedOf(f)
	r.Compared = comparedOf(f, r.Objectives)
	r.Decision = decisionOf(f, r.Compared)
	r.Rollout = rolloutOf(f)
	r.Headline, r.Production, r.Alarm = headline(f, r)
	r.Budgets = budgetsOf(f, r.Objectives)
	r.Breaches = breachesOf(f)
	r.Change = changeOf(f)
	r.Cost = costOf(f)
	r.Story = storyOf(f)
	r.Caveats = caveatsOf(f, r)
	return r
}

// settingOf takes what was measured before what is registered now.
func settingOf(f Facts) Setting {
	var s Setting
	if f.Fleet != nil {
		s = Setting{Engine: f.Fleet.Config.Engine, Model: f.Fleet.Config.Model, GPU: f.Fleet.Hardware.GPU,
			GPUs: max(1, f.Fleet.Hardware.GPUs), Replicas: f.Fleet.Replicas}
	}
	if base, ok := presentOf(f); ok {
		s.Engine, s.Model = base.Engine, base.Model
	}
	if f.Analysis != nil {
		snap := f.Analysis.Snapshot
		s.Version, s.Simulated = snap.Version, snap.Simulated()
		if snap.Replicas > 0 {
			s.Replicas = snap.Replicas
		}
	}
	return s
}

// presentOf is the configuration that the run began with.
func presentOf(f Facts) (serving.EngineConfig, bool) {
	switch {
	case f.Rollout != nil:
		return f.Rollout.From, true
	case f.Run.Baseline != nil:
		return f.Run.Baseline.Config, true
	case len(f.Trials) > 0:
		return f.Trials[0].Candidate.Config, true
	}
	return serving.EngineConfig{}, false
}

func breachesOf(f Facts) []Breach {
	out := []Breach{}
	for _, v := range f.Violations {
		out = append(out, Breach{SLO: v.Violation.SLO, Variant: v.Violation.Variant, Reason: v.Violation.Reason,
			OpenedAt: v.OpenedAt, ResolvedAt: v.ResolvedAt})
	}
	slices.SortStableFunc(out, func(a, b Breach) int { return a.OpenedAt.Compare(b.OpenedAt) })
	return out
}

func storyOf(f Facts) []Line {
	out := []Line{}
	for _, e := range f.Story {
		out = append(out, Line{At: e.At, Type: e.Type, Text: e.Message})
	}
	return out
}

// costOf reads the cost from the run's sides: only the run knew the price.
func costOf(f Facts) Cost {
	before, after := f.Run.Baseline, f.Run.Winner
	if before == nil || before.CostPerMillionTokens <= 0 {
		return Cost{Text: "The cost per million tokens is not known: nobody told the run what a GPU costs. " +
			"Start a run with \"gpu_price_per_hour\" (the price of one GPU for an hour, in any currency) to have it here."}
	}
	c := Cost{Known: true, Before: before.CostPerMillionTokens,
		Text: "Per million output tokens, at the highest rate that keeps the objectives and the GPU price that the run was given."}
	if after != nil {
		c.After = after.CostPerMillionTokens
	}
	return c
}

// fewRequests make a p95 that rests on its last handful of values.
const fewRequests = 100

// caveatsOf lists what a careful reader would ask about.
func caveatsOf(f Facts, r Report) []string {
	out := []string{}
	if r.Setting.Simulated {
		out = append(out, "The engines of this fleet are simulated. Every figure was measured on the simulation and none is a measurement of a real GPU.")
	}
	if c := r.Compared; c != nil {
		if least := min(c.Before.Requests, c.After.Requests); least < fewRequests {
			out = append(out, fmt.Sprintf("The latencies rest on as few as %d requests a side at today's rate, so their tails are uncertain; the bounds say how much.", least))
		}
		if !c.After.FailsAt.IsKnown() {
			out = append(out, fmt.Sprintf("%s failed at no rate that was tried, so its highest rate is a lower bound.", c.AfterName))
		}
	}
	if d := f.Run.Drift; d != nil {
		out = append(out, "The present configuration was measured at both ends of the search: "+d.Reason+".")
	}
	if f.Fleet == nil {
		out = append(out, "The fleet is no longer registered, so its objectives are not shown.")
	} else if len(f.Fleet.SLOs) > 0 {
		out = append(out, "The objectives are those of the fleet's record today; a run keeps no copy of them.")
	}
	return out
}
