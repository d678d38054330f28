package rig

import (
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/workflows"
)

// rolloutPlan is a rollout of seconds.
func rolloutPlan() workflows.Plan {
	j := judge.DefaultConfig()
	j.MinSamples = 10
	return workflows.Plan{Weights: []int{50, 100}, MinStageSeconds: 3, MaxStageSeconds: 20, WarmupSeconds: 1, TickSeconds: 1,
		BakeSeconds: 3, HumanTimeoutSeconds: 10, DrainSeconds: 8, Judge: j}
}

// searchOptions are a run with a small search.
func searchOptions() workflows.OptimizeOptions {
	return workflows.OptimizeOptions{ObserveSeconds: 4, MaxTrials: 4,
		Trial:   workflows.TrialPlan{StepSeconds: 2, MinRequests: 12, WarmupSeconds: 1, Resolution: 0.6, MaxSteps: 2, MaxRate: 16},
		Rollout: rolloutPlan()}
}
