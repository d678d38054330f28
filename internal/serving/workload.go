package serving

// Workload describes requests: how they arrive and how long they are. Lengths
// are drawn log-normally around the mean with the coefficient of variation.
type Workload struct {
	// RatePerSecond is the fleet-wide arrival rate.
	RatePerSecond float64 `json:"rate_per_second"`
	Arrival       string  `json:"arrival,omitempty"` // "poisson" (default) or "constant"
	PromptTokens  Lengths `json:"prompt_tokens"`
	OutputTokens  Lengths `json:"output_tokens"`
	// PrefixShare is the part of each prompt, 0..1, that it has in common with
	// the other prompts of its group; PrefixGroups is the number of groups.
	PrefixShare  float64 `json:"prefix_share,omitempty"`
	PrefixGroups int     `json:"prefix_groups,omitempty"`
	Source       string  `json:"source,omitempty"` // "observed", "given" or "trace"
}

// Lengths is a distribution of token counts.
type Lengths struct {
	Mean float64 `json:"mean"`
	CV   float64 `json:"cv"` // standard deviation over mean
	Min  int     `json:"min,omitempty"`
	Max  int     `json:"max,omitempty"` // 0: no limit
}
