package serving

// RolloutPlan is what a rollout will need before it begins: replicas beside
// stable at each stage, and time, most of which may be engines that start.
type RolloutPlan struct {
	// ReadySeconds is the cold start of one replica of the new configuration and
	// StableReadySeconds that of the present one; unknown where neither a trial
	// nor the check of answers measured it.
	ReadySeconds       Measure     `json:"ready_seconds"`
	StableReadySeconds Measure     `json:"stable_ready_seconds"`
	Stages             []StagePlan `json:"stages"`
	// MostExtraReplicas is the greatest number that runs beside stable.
	MostExtraReplicas int `json:"most_extra_replicas"`
	// PromoteSeconds is how long stable takes to be rebuilt, one replica after the
	// other, while the canary serves; RestoreSeconds the way back from there.
	PromoteSeconds Measure `json:"promote_seconds"`
	RestoreSeconds Measure `json:"restore_seconds"`
	// LeastSeconds is the whole rollout if each stage passes at its least soak.
	LeastSeconds Measure `json:"least_seconds"`
}

// StagePlan is one stage of a plan.
type StagePlan struct {
	Weight           int `json:"weight"`
	CanaryReplicas   int `json:"canary_replicas"`
	BaselineReplicas int `json:"baseline_replicas"`
	// StartSeconds is the wait until what this stage adds serves: canary, then
	// baseline, the replicas of each together.
	StartSeconds   Measure `json:"start_seconds"`
	MinSoakSeconds float64 `json:"min_soak_seconds"`
	MaxSoakSeconds float64 `json:"max_soak_seconds"` // once extended, as much again
}
