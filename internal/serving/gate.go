package serving

// GateQuestion is what a webhook gate is asked with: enough to decide, or to find
// the rest by its IDs.
type GateQuestion struct {
	Gate      string `json:"gate"` // "before_rollout", "before_increase", "before_promotion"
	Fleet     string `json:"fleet"`
	RolloutID string `json:"rollout_id"`
	RunID     string `json:"run_id,omitempty"`
	Strategy  string `json:"strategy"`
	Weight    int    `json:"weight"` // the canary's, in percent, if the gate opens
	Change    string `json:"change"` // of flags, as a sentence
	// LastVerdict is the sentence of the last stage, "" before the first.
	LastVerdict string `json:"last_verdict,omitempty"`
}

// GateAnswer is the decision.
type GateAnswer struct {
	Approved bool   `json:"approved"`
	Reason   string `json:"reason,omitempty"`
}
