package serving

// Snapshot is the engine-neutral measurement of a variant over a window:
// gauges as their mean over the readings of the window, counters as their
// increase, histograms as the observations made within it. Replicas are merged
// by summing counts and buckets, never by averaging percentiles.
type Snapshot struct {
	Fleet         string     `json:"fleet"`
	Variant       Variant    `json:"variant"`
	Engine        EngineKind `json:"engine"`
	Model         string     `json:"model,omitempty"`
	Version       string     `json:"version,omitempty"` // of the engine
	EndUnix       float64    `json:"end_unix"`
	WindowSeconds float64    `json:"window_seconds"`
	Replicas      int        `json:"replicas"`

	Running          Measure `json:"running"` // sum over replicas
	Waiting          Measure `json:"waiting"` // sum over replicas
	KVUsage          Measure `json:"kv_usage"`
	KVUsageMax       Measure `json:"kv_usage_max"`       // greatest of any replica and reading
	KVCapacityTokens Measure `json:"kv_capacity_tokens"` // sum over replicas
	// KVReservedTokens are those that running requests have set aside, where an
	// engine shows that and no use; sum over replicas.
	KVReservedTokens Measure `json:"kv_reserved_tokens"`

	GPUUtilization      Measure `json:"gpu_utilization"`        // 0..1, mean over replicas and readings
	GPUMemoryUsedBytes  Measure `json:"gpu_memory_used_bytes"`  // sum over replicas
	GPUMemoryTotalBytes Measure `json:"gpu_memory_total_bytes"` // sum over replicas

	Preemptions       Measure            `json:"preemptions"`
	PromptTokens      Measure            `json:"prompt_tokens"`
	GenerationTokens  Measure            `json:"generation_tokens"`
	PrefixQueryTokens Measure            `json:"prefix_query_tokens"`
	PrefixHitTokens   Measure            `json:"prefix_hit_tokens"`
	DraftTokens       Measure            `json:"draft_tokens"`
	AcceptedTokens    Measure            `json:"accepted_tokens"`
	Errors            Measure            `json:"errors"`
	FinishedByReason  map[string]float64 `json:"finished_by_reason,omitempty"`
	EngineSteps       Measure            `json:"engine_steps"`

	TTFT          *Histogram `json:"ttft,omitempty"`
	ITL           *Histogram `json:"itl,omitempty"`
	TPOT          *Histogram `json:"tpot,omitempty"`
	E2E           *Histogram `json:"e2e,omitempty"`
	Queue         *Histogram `json:"queue,omitempty"`
	Prefill       *Histogram `json:"prefill,omitempty"`
	Decode        *Histogram `json:"decode,omitempty"`
	PromptLengths *Histogram `json:"prompt_lengths,omitempty"`
	OutputLengths *Histogram `json:"output_lengths,omitempty"`

	Revealed map[string]string `json:"revealed,omitempty"`
	Missing  []Missing         `json:"missing,omitempty"`
	Derived  []Derived         `json:"derived,omitempty"`

	// PerReplica tells the replicas apart, for what a sum hides.
	PerReplica []ReplicaLoad `json:"per_replica,omitempty"`
}

// ReplicaLoad is one replica's part of a snapshot.
type ReplicaLoad struct {
	Endpoint string  `json:"endpoint"`
	Running  Measure `json:"running"`
	Waiting  Measure `json:"waiting"`
	KVUsage  Measure `json:"kv_usage"`
	Requests Measure `json:"requests"` // finished in the window
}

// Requests finished in the window, from the reasons or else the E2E histogram.
func (s Snapshot) Requests() Measure {
	if len(s.FinishedByReason) > 0 {
		total := 0.0
		for _, reason := range sortedKeys(s.FinishedByReason) {
			total += s.FinishedByReason[reason]
		}
		return Known(total)
	}
	if s.E2E != nil {
		return Known(s.E2E.Count)
	}
	return Unknown()
}

// PerSecond turns an increase over the window into a rate.
func (s Snapshot) PerSecond(increase Measure) Measure {
	return increase.Over(Known(s.WindowSeconds))
}

// PrefixHitRate is the share of looked-up prompt tokens found in the prefix
// cache, 0..1; unknown when nothing was looked up.
func (s Snapshot) PrefixHitRate() Measure { return s.PrefixHitTokens.Over(s.PrefixQueryTokens) }

// Latency returns the histogram behind a latency metric, nil if not measured.
func (s Snapshot) Latency(m Metric) *Histogram {
	switch m {
	case MetricTTFT:
		return s.TTFT
	case MetricITL:
		return s.ITL
	case MetricE2E:
		return s.E2E
	}
	return nil
}
