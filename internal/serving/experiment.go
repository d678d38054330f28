package serving

// Experiment is what a search costs by itself: planned before, and used so far.
// Minutes are on the clock, GPU-minutes those of staging replicas. Cost is in the
// currency of the price, 0 where no price was given.
type Experiment struct {
	PlannedTrials     int     `json:"planned_trials"` // at most
	PlannedMinutes    float64 `json:"planned_minutes"`
	PlannedGPUMinutes float64 `json:"planned_gpu_minutes"`
	PlannedCost       float64 `json:"planned_cost,omitempty"`
	Trials            int     `json:"trials"`
	Minutes           float64 `json:"minutes"`
	GPUMinutes        float64 `json:"gpu_minutes"`
	Cost              float64 `json:"cost,omitempty"`
}

// CostPerMillionTokens is what a million output tokens cost at a price per GPU and
// hour; 0 where nothing was produced or no price is known.
func CostPerMillionTokens(pricePerGPUHour, gpus, outputTokensPerSecond float64) float64 {
	if outputTokensPerSecond <= 0 {
		return 0
	}
	return pricePerGPUHour * gpus / 3600 / outputTokensPerSecond * 1e6
}
