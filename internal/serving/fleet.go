package serving

import (
	"strconv"
	"strings"
)

// Variant names a running group of replicas that share one EngineConfig.
type Variant string

// The variants a fleet can have at one time.
const (
	Stable   Variant = "stable"   // what production runs
	Canary   Variant = "canary"   // the candidate on production traffic
	Baseline Variant = "baseline" // a fresh copy of stable of the canary's size
	Staging  Variant = "staging"  // off production, under synthetic load
)

// StagingSlot is the n-th place for trials, from 1: each is a variant of its own,
// so that two trials never share one.
func StagingSlot(n int) Variant {
	if n <= 1 {
		return Staging
	}
	return Staging + Variant("-"+strconv.Itoa(n))
}

// IsStaging says that a variant is one of the slots for trials.
func (v Variant) IsStaging() bool {
	return v == Staging || strings.HasPrefix(string(v), string(Staging)+"-")
}

// Hardware is what one replica runs on.
type Hardware struct {
	GPU  string `json:"gpu"`  // catalogue name, for example "H100"
	GPUs int    `json:"gpus"` // per replica; 0 means 1
}

// AdapterRef chooses an implementation and where it is reached, for example
// {"gateway", "http://127.0.0.1:8100"} or {"process", ""}.
type AdapterRef struct {
	Kind    string `json:"kind"`
	Address string `json:"address,omitempty"`
	// Secret is where the adapter's process finds the key that it signs with.
	Secret SecretRef `json:"secret,omitempty"`
}

// Fleet is the replicas of one model behind one router. Config is the
// configuration that stable is meant to run.
type Fleet struct {
	Name        string       `json:"name"`
	Config      EngineConfig `json:"config"`
	Hardware    Hardware     `json:"hardware"`
	Replicas    int          `json:"replicas"`
	Router      AdapterRef   `json:"router"`
	Provisioner AdapterRef   `json:"provisioner"`
	// Endpoints are the base URLs of stable's replicas when something other
	// than our provisioner runs them; otherwise the provisioner is asked.
	Endpoints []string `json:"endpoints,omitempty"`
	// Metrics is where the engines' measurements come from and GPUMetrics where
	// those of their GPUs do.
	Metrics    MetricsSource `json:"metrics,omitzero"`
	GPUMetrics GPUSource     `json:"gpu_metrics,omitzero"`
	SLOs       []Objective   `json:"slos,omitempty"`
	// Workload, when given, is used instead of the observed one.
	Workload *Workload `json:"workload,omitempty"`
	Policy   Policy    `json:"policy"`
	// Quality is how a candidate's answers are held to those of the present
	// configuration before it may serve users.
	Quality QualityPolicy `json:"quality,omitzero"`
	// Generation rises by one with every accepted change of the record and is
	// its ETag.
	Generation int64 `json:"generation"`
}

// Policy is what the agent may do with a fleet by itself. The zero value is
// the careful one: it asks before it touches production.
type Policy struct {
	AutoApprove bool `json:"auto_approve"`
	// Advisory runs the analysis and the trials and never writes to production.
	Advisory bool `json:"advisory"`
	// AllowedRisks are the risk classes that may be proposed; empty means cheap
	// and numerics.
	AllowedRisks []RiskClass `json:"allowed_risks,omitempty"`
	// MaxReadySeconds is the longest cold start of a candidate, from its launch
	// until it serves; 0 means the default of JudgeColdStart.
	MaxReadySeconds float64 `json:"max_ready_seconds,omitempty"`
	ChangePolicy
	// Freeze is when production must not be changed.
	Freeze Freeze `json:"freeze,omitzero"`
}

// Allows reports whether a change of the given class may be proposed. Capability
// cuts are never allowed, whatever the policy says.
func (p Policy) Allows(r RiskClass) bool {
	if r == RiskCapabilityCut {
		return false
	}
	if len(p.AllowedRisks) == 0 {
		return r == RiskCheap || r == RiskNumerics
	}
	for _, a := range p.AllowedRisks {
		if a == r {
			return true
		}
	}
	return false
}

// VariantSpec is a group of replicas that a provisioner is asked for.
type VariantSpec struct {
	Fleet    string       `json:"fleet"`
	Variant  Variant      `json:"variant"`
	Config   EngineConfig `json:"config"`
	Hardware Hardware     `json:"hardware"`
	Replicas int          `json:"replicas"`
	// Updated is how many replicas are to run Config by now, while the others stay
	// as they are; 0 means all. A provisioner that can only replace all does so.
	Updated int `json:"updated,omitempty"`
}

// VariantStatus is what a provisioner found or made. Endpoints are the base
// URLs of the replicas that serve.
type VariantStatus struct {
	Fleet     string       `json:"fleet"`
	Variant   Variant      `json:"variant"`
	Config    EngineConfig `json:"config"`
	Endpoints []string     `json:"endpoints"`
	// ReadySeconds is how long the slowest replica took from launch to serving,
	// whenever that was; 0 where nobody knows.
	ReadySeconds float64 `json:"ready_seconds"`
}
