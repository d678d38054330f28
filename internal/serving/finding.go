package serving

import "slices"

// RiskClass is what a change puts at stake; it selects gates and stages.
type RiskClass string

// Risk classes, from the least to the one that is never proposed.
const (
	RiskCheap         RiskClass = "cheap"          // restart only
	RiskNumerics      RiskClass = "numerics"       // results may differ in the last digits or more
	RiskNewWeights    RiskClass = "new-weights"    // another checkpoint
	RiskGPUSurge      RiskClass = "gpu-surge"      // more GPUs per replica
	RiskCapabilityCut RiskClass = "capability-cut" // users lose something, never proposed
)

// RiskClasses lists the classes, from the least to the greatest.
func RiskClasses() []RiskClass {
	return []RiskClass{RiskCheap, RiskNumerics, RiskNewWeights, RiskGPUSurge, RiskCapabilityCut}
}

// Exceeds reports whether r puts more at stake than o; a class that there is not
// puts nothing at stake.
func (r RiskClass) Exceeds(o RiskClass) bool {
	return slices.Index(RiskClasses(), r) > slices.Index(RiskClasses(), o)
}

// Severity of a bottleneck.
type Severity string

// Severities in rising order.
const (
	SeverityLow      Severity = "low"
	SeverityMedium   Severity = "medium"
	SeverityHigh     Severity = "high"
	SeverityCritical Severity = "critical"
)

// BottleneckKind names a diagnosed limit.
type BottleneckKind string

// The limits that diagnosis knows.
const (
	BottleneckKVPressure     BottleneckKind = "kv-cache-pressure"
	BottleneckSlotBound      BottleneckKind = "slot-bound"
	BottleneckPrefillBound   BottleneckKind = "prefill-bound"
	BottleneckDecodeBound    BottleneckKind = "decode-bandwidth-bound"
	BottleneckLowPrefixReuse BottleneckKind = "low-prefix-reuse"
	BottleneckQueueSaturated BottleneckKind = "queue-saturation"
	BottleneckHostOverhead   BottleneckKind = "host-overhead"
	BottleneckErrors         BottleneckKind = "error-rate"
	BottleneckImbalance      BottleneckKind = "replica-imbalance"
	BottleneckOversized      BottleneckKind = "oversized-fleet"
	BottleneckInterference   BottleneckKind = "prefill-interference"
	BottleneckSpeculation    BottleneckKind = "speculation-ineffective"
)

// BottleneckKinds lists them.
func BottleneckKinds() []BottleneckKind {
	return []BottleneckKind{BottleneckKVPressure, BottleneckSlotBound, BottleneckPrefillBound, BottleneckDecodeBound, BottleneckLowPrefixReuse,
		BottleneckQueueSaturated, BottleneckHostOverhead, BottleneckErrors, BottleneckImbalance, BottleneckOversized, BottleneckInterference,
		BottleneckSpeculation}
}

// Family groups recommendations by the mechanism they act on.
type Family string

// Families of change.
const (
	FamilyKVCache        Family = "kv-cache"
	FamilyQuantization   Family = "quantization"
	FamilyBatching       Family = "batching"
	FamilyPrefixCaching  Family = "prefix-caching"
	FamilyCUDAGraphs     Family = "cuda-graphs"
	FamilyParallelism    Family = "parallelism"
	FamilySpeculation    Family = "speculative-decoding"
	FamilyChunkedPrefill Family = "chunked-prefill"
	FamilyReplicas       Family = "replicas" // routing and fleet size: for a person, no flag changes it
)

// Evidence is one number a finding or a verdict rests on.
type Evidence struct {
	Name      string  `json:"name"` // with its unit, for example "kv_usage_ratio"
	Observed  float64 `json:"observed"`
	Threshold float64 `json:"threshold,omitempty"`
	Text      string  `json:"text,omitempty"`
}

// Bottleneck is a diagnosed limit with its evidence.
type Bottleneck struct {
	Kind       BottleneckKind `json:"kind"`
	Severity   Severity       `json:"severity"`
	Confidence float64        `json:"confidence"` // 0..1
	Summary    string         `json:"summary"`
	Evidence   []Evidence     `json:"evidence"`
	Families   []Family       `json:"families"` // what it calls for, best first
}

// Source says who proposed a change.
type Source string

// Sources of recommendations.
const (
	SourceRule  Source = "rule"
	SourceModel Source = "model"
	SourceLLM   Source = "llm"
	SourceUser  Source = "user"
)

// Sources lists them.
func Sources() []Source { return []Source{SourceRule, SourceModel, SourceLLM, SourceUser} }

// Effect is a predicted effect as ratios to the present: 1.3 is 30% more. It is
// a range because the model behind it has an error (see perfmodel).
type Effect struct {
	ThroughputLow  float64 `json:"throughput_low"`
	ThroughputHigh float64 `json:"throughput_high"`
	Basis          string  `json:"basis,omitempty"`
}

// Recommendation is one change to an EngineConfig, or, without Changes, advice to
// a person that no flag can carry out (FamilyReplicas).
type Recommendation struct {
	ID            string       `json:"id"` // stable within a fleet: family and change
	Family        Family       `json:"family"`
	Title         string       `json:"title"`
	Changes       []FlagChange `json:"changes"`
	Source        Source       `json:"source"`
	Risk          RiskClass    `json:"risk"`
	Mechanism     string       `json:"mechanism"`
	Effect        Effect       `json:"effect"`
	Rationale     string       `json:"rationale"`
	WrongIf       string       `json:"wrong_if"` // what would refute it
	Prerequisites []string     `json:"prerequisites,omitempty"`
	// Undo says how to take the change back.
	Undo string `json:"undo,omitempty"`
	// For are the findings it answers; none when only the model predicts a gain.
	For []BottleneckKind `json:"for,omitempty"`
}

// Candidate is a complete configuration to be tried.
type Candidate struct {
	Name   string       `json:"name"` // "baseline", "defaults", or the families it is made of
	Config EngineConfig `json:"config"`
	// Recommendations are the IDs of what it is made of; none for baseline and
	// defaults.
	Recommendations []string  `json:"recommendations,omitempty"`
	Risk            RiskClass `json:"risk"` // the greatest of its parts
	Predicted       Effect    `json:"predicted"`
	// Sources are who proposed it or a part of it; none for baseline and defaults.
	Sources []Source `json:"sources,omitempty"`
}
