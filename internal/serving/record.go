package serving

import "time"

// The records below are the projection of runs for people and the API. The
// truth about a run is its workflow; writing a record twice has the effect of
// writing it once (each has a natural key), and times are UTC.

// RunRecord is one optimization. ID is the Temporal RunID of its first
// execution.
type RunRecord struct {
	ID         string  `json:"id"`
	WorkflowID string  `json:"workflow_id"`
	Fleet      string  `json:"fleet"`
	Phase      string  `json:"phase"`
	Outcome    Outcome `json:"outcome,omitempty"` // "" while it runs
	Reason     string  `json:"reason,omitempty"`
	// RequestedBy is who asked for it: a person or a key, or schedule:ID.
	RequestedBy string      `json:"requested_by,omitempty"`
	StartedAt   time.Time   `json:"started_at"`
	UpdatedAt   time.Time   `json:"updated_at"`
	ClosedAt    *time.Time  `json:"closed_at,omitempty"`
	Baseline    *RunSide    `json:"baseline,omitempty"`
	Winner      *RunSide    `json:"winner,omitempty"`
	Gain        *Comparison `json:"gain,omitempty"`
	Drift       *Drift      `json:"drift,omitempty"`
	// Experiment is what the search itself costs, and Front what no other
	// measurement beat, where the objective was a front.
	Experiment *Experiment  `json:"experiment,omitempty"`
	Front      []RunSide    `json:"front,omitempty"`
	RolloutID  string       `json:"rollout_id,omitempty"`
	Findings   []Bottleneck `json:"findings,omitempty"`
	// Workload is the fleet's traffic as it was observed or given, which all
	// trials of the run were loaded with.
	Workload *Workload      `json:"workload,omitempty"`
	Times    map[string]any `json:"times,omitempty"` // seconds by name, for example generation_seconds
	// Advisor is what a language model made of the fleet, or why there was none;
	// nil while it is asked and in runs that do not ask.
	Advisor *Insight `json:"advisor,omitempty"`
	// Sources is what came of the candidates of rules, model and language model;
	// it is counted when the run ends.
	Sources []SourceScore `json:"sources,omitempty"`
}

// RunSide is one side of the before/after table, from the trials.
type RunSide struct {
	Name                  string       `json:"name"`
	Config                EngineConfig `json:"config"`
	GoodputRPS            float64      `json:"goodput_rps"` // highest rate that keeps the SLOs, per replica
	OutputTokensPerSecond float64      `json:"output_tokens_per_second"`
	TTFTP95Seconds        float64      `json:"ttft_p95_seconds"`
	ITLP95Seconds         float64      `json:"itl_p95_seconds"`
	E2EP95Seconds         float64      `json:"e2e_p95_seconds"`         // at the reference rate
	ReadySeconds          float64      `json:"ready_seconds,omitempty"` // from launch to serving
	// CostPerMillionTokens is at the highest rate that keeps the SLOs, where a price
	// was given.
	CostPerMillionTokens float64 `json:"cost_per_million_tokens,omitempty"`
}

// SideOf summarises a trial for the before/after table. Latencies are those at
// the reference rate, which is the same on both sides.
func SideOf(t Trial) RunSide {
	return RunSide{
		Name: t.Candidate.Name, Config: t.Candidate.Config,
		GoodputRPS:            t.Result.Best.GoodputRPS,
		OutputTokensPerSecond: t.Result.Best.OutputTokensPerSecond,
		TTFTP95Seconds:        t.Result.Reference.TTFT.P95Seconds,
		ITLP95Seconds:         t.Result.Reference.ITL.P95Seconds,
		E2EP95Seconds:         t.Result.Reference.E2E.P95Seconds,
		ReadySeconds:          t.ReadySeconds,
	}
}

// TrialRecord is a trial of a run; (RunID, Trial.Number) is its key.
type TrialRecord struct {
	RunID     string    `json:"run_id"`
	Fleet     string    `json:"fleet"`
	Trial     Trial     `json:"trial"`
	UpdatedAt time.Time `json:"updated_at"`
}

// RolloutRecord is one canary shift. ID is the RunID of its workflow.
type RolloutRecord struct {
	ID         string       `json:"id"`
	WorkflowID string       `json:"workflow_id"`
	Fleet      string       `json:"fleet"`
	RunID      string       `json:"run_id,omitempty"` // the run it belongs to
	From       EngineConfig `json:"from"`
	To         EngineConfig `json:"to"`
	Phase      string       `json:"phase"`
	Weight     int          `json:"weight"`
	Outcome    Outcome      `json:"outcome,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	// Plan is what it needs, stage by stage.
	Plan RolloutPlan `json:"plan,omitzero"`
	// Vetting is why the configuration may see users; nil in a run's rollout.
	Vetting *Vetting `json:"vetting,omitempty"`
	// ApprovedBy is who let it touch production, "" when nobody was asked.
	ApprovedBy string `json:"approved_by,omitempty"`
	// Violation is what made it go back; RestoredAt is when the router was seen
	// with all traffic on stable again.
	Violation  *Violation `json:"violation,omitempty"`
	RestoredAt *time.Time `json:"restored_at,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
}

// StageRecord is one step of a rollout; (RolloutID, Index) is its key.
type StageRecord struct {
	RolloutID string    `json:"rollout_id"`
	Fleet     string    `json:"fleet"`
	Index     int       `json:"index"`
	Weight    int       `json:"weight"`
	Judgement Judgement `json:"judgement"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
}

// ViolationRecord is a breach that was seen; ID is its fingerprint.
type ViolationRecord struct {
	ID         string    `json:"id"`
	Violation  Violation `json:"violation"`
	Fleet      string    `json:"fleet"`
	OpenedAt   time.Time `json:"opened_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	// Count is how many looks have shown it since it opened, and Episodes how often
	// it has opened.
	Count          int        `json:"count"`
	Episodes       int        `json:"episodes"`
	ResolvedAt     *time.Time `json:"resolved_at,omitempty"`
	ResolvedBy     string     `json:"resolved_by,omitempty"` // "" when it ended by itself
	ResolveNote    string     `json:"resolve_note,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	// AcknowledgeNote is what they said.
	AcknowledgeNote string `json:"acknowledge_note,omitempty"`
}

// SnapshotRecord is a stored measurement; the store gives the ID.
type SnapshotRecord struct {
	ID       int64     `json:"id"`
	Fleet    string    `json:"fleet"`
	Variant  Variant   `json:"variant"`
	TakenAt  time.Time `json:"taken_at"`
	Snapshot Snapshot  `json:"snapshot"`
}

// AnalysisRecord is a diagnosis on a snapshot with what it recommends.
type AnalysisRecord struct {
	ID              string           `json:"id"`
	Fleet           string           `json:"fleet"`
	CreatedAt       time.Time        `json:"created_at"`
	Snapshot        Snapshot         `json:"snapshot"`
	Bottlenecks     []Bottleneck     `json:"bottlenecks"`
	Recommendations []Recommendation `json:"recommendations"`
}

// RecommendationRecord is a recommendation kept for decision. Status is "open",
// "accepted" or "dismissed".
type RecommendationRecord struct {
	ID             string         `json:"id"`
	Fleet          string         `json:"fleet"`
	AnalysisID     string         `json:"analysis_id,omitempty"`
	Recommendation Recommendation `json:"recommendation"`
	Status         string         `json:"status"`
	CreatedAt      time.Time      `json:"created_at"`
	DecidedAt      *time.Time     `json:"decided_at,omitempty"`
	DecidedBy      string         `json:"decided_by,omitempty"`
}

// LoadTestRecord is a load test on its own; ID is the RunID of its workflow.
type LoadTestRecord struct {
	ID         string        `json:"id"`
	WorkflowID string        `json:"workflow_id"`
	Fleet      string        `json:"fleet"`
	Target     string        `json:"target"`
	Spec       LadderSpec    `json:"spec"`
	Phase      string        `json:"phase"` // "running", "completed", "failed", "canceled"
	Reason     string        `json:"reason,omitempty"`
	Result     *LadderResult `json:"result,omitempty"`
	StartedAt  time.Time     `json:"started_at"`
	ClosedAt   *time.Time    `json:"closed_at,omitempty"`
}

// EventRecord is one line of a run's or rollout's story, shown live. Key makes
// a repeat recognisable; Seq is given by the store and rises.
type EventRecord struct {
	Seq     int64          `json:"seq"`
	Key     string         `json:"key"`
	RunID   string         `json:"run_id"` // run or rollout
	Fleet   string         `json:"fleet"`
	At      time.Time      `json:"at"`
	Type    string         `json:"type"` // "phase", "trial", "stage", "verdict", "violation", "weights", "outcome", "note"
	Message string         `json:"message"`
	Data    map[string]any `json:"data,omitempty"`
}

// AuditRecord is one mutation that somebody asked for.
type AuditRecord struct {
	ID int64 `json:"id"`
	// Key names the row before it has an ID, so that writing it again adds nothing.
	Key       string    `json:"key,omitempty"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Action    string    `json:"action"` // for example "fleet.update"
	Target    string    `json:"target"`
	RequestID string    `json:"request_id,omitempty"`
	Before    any       `json:"before,omitempty"`
	After     any       `json:"after,omitempty"`
}
