package serving

// VettingBasis is why a configuration that no run chose may see users.
type VettingBasis string

// The bases. A rollout of a run has none: its run proved the configuration.
const (
	VettedCheap   VettingBasis = "cheap"   // nothing that answers depend on changes
	VettedTrial   VettingBasis = "trial"   // a trial of exactly this change passed the quality gate
	VettedChecked VettingBasis = "checked" // the rollout itself compared the answers, in staging
	VettedSkipped VettingBasis = "skipped" // a person said so, and why
)

// Vetting is how a rollout that was started with a given configuration made sure
// that its answers are as good as those of the present one.
type Vetting struct {
	Risk  RiskClass    `json:"risk"` // the greatest of what the change puts at stake
	Basis VettingBasis `json:"basis"`
	// Reason is a sentence for a person: the evidence, or why it was not wanted.
	Reason string `json:"reason"`
	// RunID and Trial name the trial, ValidationID the comparison.
	RunID        string   `json:"run_id,omitempty"`
	Trial        int      `json:"trial,omitempty"`
	ValidationID string   `json:"validation_id,omitempty"`
	Quality      *Quality `json:"quality,omitempty"`
	// ColdStart is the last one measured, by a trial or by the comparison.
	ColdStart *ColdStart `json:"cold_start,omitempty"`
}

// PassedTrial is a trial whose answers passed the quality gate.
type PassedTrial struct {
	RunID   string  `json:"run_id"`
	Number  int     `json:"number"`
	Quality Quality `json:"quality"`
}
