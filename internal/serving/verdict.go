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
	Reason    string       `json:"reason"` // the checks that made the verdict
	Checks    []JudgeCheck `json:"checks"`
	// Sentence says the verdict to a person who knows no statistics.
	Sentence string `json:"sentence,omitempty"`
	// Score is the share of the metrics' weights that did not fail, 0..100;
	// unknown when none could be decided, 0 when a critical one failed.
	Score Measure `json:"score,omitzero"`
	// Disagreements are the metrics on which router and engines tell different
	// things. What the router saw decides, since that is what users feel.
	Disagreements []string `json:"disagreements,omitempty"`
	// Notes say what the judgement could not rest on, and why.
	Notes    []string   `json:"notes,omitempty"`
	Canary   ArmSummary `json:"canary"`
	Baseline ArmSummary `json:"baseline"`
	// ComparedWith is "baseline" (a fresh one), "stable" (per replica) or "slo"
	// (nothing to compare with).
	ComparedWith string `json:"compared_with"`
}

// JudgeCheck is one test of one metric.
type JudgeCheck struct {
	Metric    Metric  `json:"metric"`
	Test      string  `json:"test"` // "slo", "quantile-ratio", "two-proportion", "location", "rate", "mean", "trend"
	Verdict   Verdict `json:"verdict"`
	Observed  float64 `json:"observed"`
	Reference float64 `json:"reference"`
	// Low and High bound the ratio of the arms, their difference for
	// "two-proportion", or the observed value itself for an "slo" check. A ratio
	// or an "slo" check fails when Low is beyond Limit (High below it, for
	// availability), by as much as one of a stage's many looks needs.
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Limit   float64 `json:"limit"`
	PValue  Measure `json:"p_value"`
	Samples int     `json:"samples"`
	Text    string  `json:"text"`
	// Source is where the numbers come from: "" for the router, which saw single
	// requests, "engine" for the engines' own histograms, counters and gauges.
	Source string `json:"source,omitempty"`
	// Weight is how much its metric counts; a Critical one alone can fail the canary; a dry run, like a check for information, decides nothing.
	Weight   float64 `json:"weight,omitempty"`
	Critical bool    `json:"critical,omitempty"`
	DryRun   bool    `json:"dry_run,omitempty"`
}

// SourceEngine marks checks on what the engines say of themselves.
const SourceEngine = "engine"

// Metrics of a canary that no objective is stated on.
const (
	// MetricReplicaThroughput is the requests that a replica finishes, against what
	// its share of the traffic lets expect.
	MetricReplicaThroughput Metric = "throughput_per_replica"
	MetricQueue             Metric = "queue"         // requests waiting at a replica
	MetricKVPressure        Metric = "kv_pressure"   // preemptions a request
	MetricMemory            Metric = "memory"        // a use of memory that only rises
	MetricOutputLength      Metric = "output_length" // tokens an answer
)

// ArmSummary describes one arm over the judged window.
type ArmSummary struct {
	Variant       Variant        `json:"variant"`
	WindowSeconds float64        `json:"window_seconds"`
	Requests      int            `json:"requests"`
	Failed        int            `json:"failed"`
	TTFT          LatencySummary `json:"ttft"`
	ITL           LatencySummary `json:"itl"`
	E2E           LatencySummary `json:"e2e"`
	// Replicas share the arm's traffic; 0 when not known.
	Replicas int `json:"replicas,omitempty"`
	// EngineRequests are those that its engines finished in the window; unknown
	// when they could not be read at both ends.
	EngineRequests Measure `json:"engine_requests,omitzero"`
}

// Outcome is how a run or a rollout ended.
type Outcome string

// Outcomes.
const (
	OutcomePromoted      Outcome = "promoted"
	OutcomeRolledBack    Outcome = "rolled_back"
	OutcomeNoImprovement Outcome = "no_improvement"
	OutcomeInfeasible    Outcome = "infeasible_slo" // nothing tried keeps the SLOs at any rate
	OutcomeAdvised       Outcome = "advised"        // advisory mode: plan and evidence, nothing written
	OutcomeRejected      Outcome = "rejected"
	OutcomeRefused       Outcome = "refused" // by an error budget that is spent or a freeze; production was not touched
	OutcomeCanceled      Outcome = "canceled"
	OutcomeFailed        Outcome = "failed"
)
