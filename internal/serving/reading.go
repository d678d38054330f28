package serving

import "slices"

// Missing is a quantity that an engine did not report, and why as far as known.
type Missing struct {
	Quantity string `json:"quantity"`
	Reason   string `json:"reason"`
}

// Derived is a quantity that was computed from what an engine reports, and how:
// it may be a bound ("at least", "at most") rather than a value.
type Derived struct {
	Quantity string `json:"quantity"`
	How      string `json:"how"`
}

// Reading is what one replica reported at one instant, translated from its own
// metric names. Counters and histograms are cumulative since its start.
type Reading struct {
	TakenUnix float64    `json:"taken_unix"`
	Endpoint  string     `json:"endpoint"`
	Engine    EngineKind `json:"engine"`
	Model     string     `json:"model,omitempty"`
	Version   string     `json:"version,omitempty"` // of the engine

	Running          Measure `json:"running"`
	Waiting          Measure `json:"waiting"`
	Swapped          Measure `json:"swapped"`
	KVUsage          Measure `json:"kv_usage"` // 0..1
	KVCapacityTokens Measure `json:"kv_capacity_tokens"`
	// KVReservedTokens are those that running requests have set aside, of engines
	// that reserve room for the whole answer; the KV usage may follow from them.
	KVReservedTokens Measure `json:"kv_reserved_tokens"`

	// GPU figures come from another exporter (DCGM), not from the engine.
	GPUUtilization      Measure `json:"gpu_utilization"` // 0..1, mean over the replica's GPUs
	GPUMemoryUsedBytes  Measure `json:"gpu_memory_used_bytes"`
	GPUMemoryTotalBytes Measure `json:"gpu_memory_total_bytes"`

	Preemptions        Measure            `json:"preemptions"`
	PromptTokens       Measure            `json:"prompt_tokens"`
	GenerationTokens   Measure            `json:"generation_tokens"`
	PrefixQueryTokens  Measure            `json:"prefix_query_tokens"`
	PrefixHitTokens    Measure            `json:"prefix_hit_tokens"`
	DraftTokens        Measure            `json:"draft_tokens"`
	AcceptedTokens     Measure            `json:"accepted_tokens"`
	Errors             Measure            `json:"errors"`
	FinishedByReason   map[string]float64 `json:"finished_by_reason,omitempty"`
	EngineSteps        Measure            `json:"engine_steps"`
	ProcessStartedUnix Measure            `json:"process_started_unix"`

	TTFT          *Histogram `json:"ttft,omitempty"`
	ITL           *Histogram `json:"itl,omitempty"`
	TPOT          *Histogram `json:"tpot,omitempty"`
	E2E           *Histogram `json:"e2e,omitempty"`
	Queue         *Histogram `json:"queue,omitempty"`
	Prefill       *Histogram `json:"prefill,omitempty"`
	Decode        *Histogram `json:"decode,omitempty"`
	PromptLengths *Histogram `json:"prompt_lengths,omitempty"`
	OutputLengths *Histogram `json:"output_lengths,omitempty"`

	// Revealed is the configuration the engine shows in its metrics, by its own
	// key (for example cache_config_info's labels).
	Revealed map[string]string `json:"revealed,omitempty"`
	Missing  []Missing         `json:"missing,omitempty"`
	// Derived are the quantities above that the engine does not report as they
	// are and that were computed from others.
	Derived []Derived `json:"derived,omitempty"`
	// Unrecognised are metric families of the engine that no mapping knows.
	Unrecognised []string `json:"unrecognised,omitempty"`
}

// isDerived says whether a quantity was computed, by the name it has in JSON.
func (r Reading) isDerived(quantity string) bool {
	return slices.ContainsFunc(r.Derived, func(d Derived) bool { return d.Quantity == quantity })
}
