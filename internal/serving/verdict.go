package serving

// Verdict is the judgement on a canary stage.
type Verdict string

// The four verdicts. No data is never a pass.
const (
	VerdictPass             Verdict = "pass"
	VerdictFail             Verdict = "fail"
	VerdictInconclusive     Verdict = "inconclusive"
	VerdictInsufficientData Verdict = "insufficient-data"
)

// Judgement is a verdict with everything it rests on.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	// HardAbort is set when the failure is so plain (2x SLO, fast burn, engine
	// gone) that no minimum of samples applies.
	HardAbort bool         `json:"hard_abort,omitempty"`
	Reason    string       `json:"reason"` // one sentence for a person
	Checks    []JudgeCheck `json:"checks"`
	Canary    ArmSummary   `json:"canary"`
	Baseline  ArmSummary   `json:"baseline"`
	// ComparedWith is "baseline" (a fresh one), "stable" (per replica) or "slo"
	// (nothing to compare with).
	ComparedWith string `json:"compared_with"`
}

// JudgeCheck is one test of one metric.
type JudgeCheck struct {
	Metric    Metric  `json:"metric"`
	Test      string  `json:"test"` // "slo", "quantile-ratio", "two-proportion", "location"
	Verdict   Verdict `json:"verdict"`
	Observed  float64 `json:"observed"`
	Reference float64 `json:"reference"`
	// Low and High bound the ratio of the arms, their difference for
	// "two-proportion", or the observed value itself for an "slo" check. A ratio
	// or an "slo" check fails when Low is beyond Limit (High below it, for
	// availability).
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Limit   float64 `json:"limit"`
	PValue  Measure `json:"p_value"`
	Samples int     `json:"samples"`
	Text    string  `json:"text"`
}

// ArmSummary describes one arm over the judged window.
type ArmSummary struct {
	Variant       Variant        `json:"variant"`
	WindowSeconds float64        `json:"window_seconds"`
	Requests      int            `json:"requests"`
	Failed        int            `json:"failed"`
	TTFT          LatencySummary `json:"ttft"`
	ITL           LatencySummary `json:"itl"`
	E2E           LatencySummary `json:"e2e"`
}

// Outcome is how a run or a rollout ended.
type Outcome string

// Outcomes.
const (
	OutcomePromoted      Outcome = "promoted"
	OutcomeRolledBack    Outcome = "rolled_back"
	OutcomeNoImprovement Outcome = "no_improvement"
	OutcomeAdvised       Outcome = "advised" // advisory mode: plan and evidence, nothing written
	OutcomeRejected      Outcome = "rejected"
	OutcomeCanceled      Outcome = "canceled"
	OutcomeFailed        Outcome = "failed"
)
