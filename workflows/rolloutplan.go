package workflows

import "github.com/optiinfra/performance-agent/internal/serving"

// canaryReplicas is how many of a fleet's replicas carry a weight in percent, at
// least one.
func canaryReplicas(fleet, weight int) int { return max(1, (fleet*weight+99)/100) }

// baselineUpTo is the greatest weight at which a baseline of the canary's share
// fits beside it.
const baselineUpTo = 50

// foresee plans the capacity and the time of a rollout from the cold starts that
// were measured.
func foresee(plan Plan, fleet serving.Fleet, start *serving.ColdStart) serving.RolloutPlan {
	out := serving.RolloutPlan{}
	if start != nil && start.Seconds > 0 {
		out.ReadySeconds, out.StableReadySeconds = serving.Known(start.Seconds), start.BaselineSeconds
	}
	out.PromoteSeconds, out.RestoreSeconds = times(fleet.Replicas, out.ReadySeconds), times(fleet.Replicas, out.StableReadySeconds)
	out.LeastSeconds = out.PromoteSeconds
	var canary, baseline int
	for _, weight := range plan.Weights {
		stage := serving.StagePlan{Weight: weight, CanaryReplicas: canaryReplicas(fleet.Replicas, weight), BaselineReplicas: baseline,
			StartSeconds: serving.Known(0), MinSoakSeconds: plan.MinStageSeconds, MaxSoakSeconds: plan.MaxStageSeconds}
		if weight == 100 {
			stage.MinSoakSeconds = plan.BakeSeconds
			stage.MaxSoakSeconds = max(stage.MaxSoakSeconds, plan.BakeSeconds)
		}
		if weight <= baselineUpTo {
			stage.BaselineReplicas = stage.CanaryReplicas
		}
		if stage.CanaryReplicas > canary {
			stage.StartSeconds = both(stage.StartSeconds, out.ReadySeconds)
		}
		if stage.BaselineReplicas > baseline {
			stage.StartSeconds = both(stage.StartSeconds, out.StableReadySeconds)
		}
		canary, baseline = stage.CanaryReplicas, stage.BaselineReplicas
		out.MostExtraReplicas = max(out.MostExtraReplicas, canary+baseline)
		out.LeastSeconds = both(out.LeastSeconds, both(stage.StartSeconds, serving.Known(plan.WarmupSeconds+stage.MinSoakSeconds)))
		out.Stages = append(out.Stages, stage)
	}
	return out
}

// times is n of one after the other.
func times(n int, each serving.Measure) serving.Measure {
	seconds, known := each.Get()
	if !known {
		return serving.Unknown()
	}
	return serving.Known(float64(n) * seconds)
}

// both is the sum, unknown when either is.
func both(a, b serving.Measure) serving.Measure {
	x, known := a.Get()
	y, knownToo := b.Get()
	if !known || !knownToo {
		return serving.Unknown()
	}
	return serving.Known(x + y)
}
