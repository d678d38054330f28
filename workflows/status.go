package workflows

import "github.com/optiinfra/performance-agent/internal/serving"

// OptimizeStatus answers the status query of Optimize.
type OptimizeStatus struct {
	Fleet    string           `json:"fleet"`
	RunID    string           `json:"run_id"`
	Phase    Phase            `json:"phase"`
	Paused   bool             `json:"paused,omitempty"`
	Outcome  serving.Outcome  `json:"outcome,omitempty"`
	Reason   string           `json:"reason,omitempty"`
	Workload serving.Workload `json:"workload"`
	// Advisor is what a language model said, or why there is nothing of one; nil
	// while it is asked.
	Advisor         *serving.Insight         `json:"advisor,omitempty"`
	Bottlenecks     []serving.Bottleneck     `json:"bottlenecks,omitempty"`
	Recommendations []serving.Recommendation `json:"recommendations,omitempty"`
	Candidates      []serving.Candidate      `json:"candidates,omitempty"`
	Trials          []serving.Trial          `json:"trials,omitempty"`
	// Experiment is what the search costs by itself; Searching is what it expects of
	// the trial asked for last, or why it ended, with what was learned of failures.
	Experiment *serving.Experiment `json:"experiment,omitempty"`
	Searching  string              `json:"searching,omitempty"`
	Front      []serving.RunSide   `json:"front,omitempty"`
	Winner     *serving.Candidate  `json:"winner,omitempty"`
	Gain       *serving.Comparison `json:"gain,omitempty"`
	Rollout    *RolloutResult      `json:"rollout,omitempty"`
	// GenerationSeconds is the time from the start to a list of candidates.
	GenerationSeconds float64 `json:"generation_seconds,omitempty"`
}

// OptimizeResult is the result of Optimize.
type OptimizeResult struct {
	Outcome           serving.Outcome     `json:"outcome"`
	Reason            string              `json:"reason"`
	Baseline          *serving.RunSide    `json:"baseline,omitempty"`
	Winner            *serving.RunSide    `json:"winner,omitempty"`
	Gain              *serving.Comparison `json:"gain,omitempty"`
	Trials            int                 `json:"trials"`
	GenerationSeconds float64             `json:"generation_seconds"`
	Rollout           *RolloutResult      `json:"rollout,omitempty"`
}

// RolloutInput starts a rollout, as a child of Optimize or alone.
type RolloutInput struct {
	Fleet string               `json:"fleet"`
	To    serving.EngineConfig `json:"to"`
	Plan  Plan                 `json:"plan"`
	// RunID is the run it belongs to, "" when started alone.
	RunID string `json:"run_id,omitempty"`
	// RequireApproval makes it wait for approve before it touches production.
	RequireApproval        bool    `json:"require_approval,omitempty"`
	ApprovalTimeoutSeconds float64 `json:"approval_timeout_seconds,omitempty"`
	RequestedBy            string  `json:"requested_by,omitempty"`
	// OverrideReason is why it may begin although an error budget is spent or
	// changes are frozen; "" lets neither pass.
	OverrideReason string `json:"override_reason,omitempty"`
	// SkipQualityReason lets a change of any risk pass without evidence that its
	// answers are as good, for the reason given; "" asks for evidence.
	SkipQualityReason string `json:"skip_quality_reason,omitempty"`
	// ColdStart is that of the winner's trial, for the plan; nil when nobody knows.
	ColdStart *serving.ColdStart `json:"cold_start,omitempty"`
}

// RolloutStatus answers the status query of Rollout.
type RolloutStatus struct {
	Fleet  string `json:"fleet"`
	Phase  Phase  `json:"phase"`
	Paused bool   `json:"paused,omitempty"`
	Behind string `json:"behind,omitempty"` // whom it waits for
	// Slot is the request under which it may touch production; nil when it holds
	// none. A new coordinator learns from it who does.
	Slot      *serving.SlotRequest `json:"slot,omitempty"`
	Weight    int                  `json:"weight"` // the canary's, in percent
	From      serving.EngineConfig `json:"from"`
	To        serving.EngineConfig `json:"to"`
	Stages    []StageResult        `json:"stages,omitempty"`
	Outcome   serving.Outcome      `json:"outcome,omitempty"`
	Reason    string               `json:"reason,omitempty"`
	Violation *serving.Violation   `json:"violation,omitempty"`
	// Vetting is why the configuration may see users; nil in a run's rollout.
	Vetting *serving.Vetting `json:"vetting,omitempty"`
	// Plan is what the rollout needs, stage by stage.
	Plan serving.RolloutPlan `json:"plan,omitzero"`
	// Gates are those that were passed or not, in order; Advice is the whole plan
	// of a rollout that writes nothing.
	Gates  []GateDecision `json:"gates,omitempty"`
	Advice *Advice        `json:"advice,omitempty"`
}

// RolloutResult is the result of Rollout.
type RolloutResult struct {
	Outcome serving.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	Stages  []StageResult   `json:"stages"`
	// Violation is what made it go back, nil when nothing did.
	Violation *serving.Violation `json:"violation,omitempty"`
	// RestoredUnix is when the old weights were read back from the router after
	// a rollback, in seconds since 1970.
	RestoredUnix float64        `json:"restored_unix,omitempty"`
	Gates        []GateDecision `json:"gates,omitempty"`
	Advice       *Advice        `json:"advice,omitempty"`
	WorkflowID   string         `json:"workflow_id"`
	RunID        string         `json:"run_id"`
}

// StageInput is one step of a rollout.
type StageInput struct {
	Fleet     serving.Fleet   `json:"fleet"`
	RolloutID string          `json:"rollout_id"`
	RunID     string          `json:"run_id,omitempty"`
	Index     int             `json:"index"`
	Weight    int             `json:"weight"`
	Weights   serving.Weights `json:"weights"` // to be set, with its revision
	// MinSeconds is the least soak of this stage.
	MinSeconds float64 `json:"min_seconds"`
	Plan       Plan    `json:"plan"`
	// Reference is the variant to compare with, "" for none (SLOs only).
	Reference serving.Variant `json:"reference,omitempty"`
}

// StageResult is what a stage found; its judgement is the last one.
type StageResult struct {
	Index       int               `json:"index"`
	Weight      int               `json:"weight"`
	Judgement   serving.Judgement `json:"judgement"`
	NeedsHuman  bool              `json:"needs_human,omitempty"`
	StartedUnix float64           `json:"started_unix"`
	EndedUnix   float64           `json:"ended_unix"`
	Judgements  int               `json:"judgements"` // how many looks were taken
}

// TrialInput is one staging measurement.
type TrialInput struct {
	Fleet     serving.Fleet      `json:"fleet"`
	RunID     string             `json:"run_id"`
	Number    int                `json:"number"`
	Purpose   string             `json:"purpose"`
	Candidate serving.Candidate  `json:"candidate"`
	Ladder    serving.LadderSpec `json:"ladder"`
	Checks    TrialChecks        `json:"checks,omitzero"`
	// Slot is the staging slot, from 1, and Fidelity the ladder's share of a full
	// trial's length; both are absent where there is no choice.
	Slot     int     `json:"slot,omitempty"`
	Fidelity float64 `json:"fidelity,omitempty"`
}

// TrialChecks are what a trial looks at besides speed; the smoke test is always
// made.
type TrialChecks struct {
	// Collect keeps the engine's answers, for candidates to be held to.
	Collect bool `json:"collect,omitempty"`
	// Compare holds the engine's answers to those kept under Reference; without a
	// reference the candidate is blocked, and Unfit says why there is none.
	Compare   bool   `json:"compare,omitempty"`
	Reference string `json:"reference,omitempty"`
	Unfit     string `json:"unfit,omitempty"`
	// BaselineReadySeconds is how long the present configuration took to start, to
	// which the cold start is held; 0 holds it to nothing.
	BaselineReadySeconds float64 `json:"baseline_ready_seconds,omitempty"`
	// Smoke is what the baseline can do; only of that a candidate may not lose
	// anything.
	Smoke []serving.SmokeCheck `json:"smoke,omitempty"`
}

// MonitorInput starts or continues a fleet's monitor.
type MonitorInput struct {
	Fleet       string       `json:"fleet"`
	TickSeconds float64      `json:"tick_seconds,omitempty"` // 5 by default
	State       MonitorState `json:"state"`                  // carried over continue-as-new
}

// MonitorState is all that survives a continue-as-new of Monitor.
type MonitorState struct {
	Open    []serving.Violation `json:"open,omitempty"`
	Rounds  int                 `json:"rounds"`
	Repairs int                 `json:"repairs"`
	// Drifting are the keys of deviations that were reported and are not over.
	Drifting []string `json:"drifting,omitempty"`
	// Regression is how the fleet compares with the level it was accepted at.
	Regression RegressionState `json:"regression,omitzero"`
	StartedAt  float64         `json:"started_unix"`
}

// MonitorStatus answers the status query of Monitor.
type MonitorStatus struct {
	Fleet string       `json:"fleet"`
	State MonitorState `json:"state"`
	// Last is what the last watch returned, as a sentence.
	Last string `json:"last,omitempty"`
}

// LoadTestInput starts a load test on its own. Target is a base URL; empty means
// the fleet's stable replicas.
type LoadTestInput struct {
	ID     string             `json:"id"`
	Fleet  string             `json:"fleet"`
	Target string             `json:"target,omitempty"`
	Spec   serving.LadderSpec `json:"spec"`
}

// LoadTestStatus answers the status query of LoadTest.
type LoadTestStatus struct {
	Phase  string                `json:"phase"`
	Reason string                `json:"reason,omitempty"`
	Result *serving.LadderResult `json:"result,omitempty"`
}

// ValidateInput starts a quality check on its own. Reference and Candidate are
// base URLs; an empty Reference means a stable replica of the fleet.
type ValidateInput struct {
	ID        string                `json:"id"`
	Fleet     string                `json:"fleet"`
	Reference string                `json:"reference,omitempty"`
	Candidate string                `json:"candidate"`
	Model     string                `json:"model,omitempty"` // the candidate's, "" for the fleet's
	Policy    serving.QualityPolicy `json:"policy"`
}

// ValidateStatus answers the status query of Validate.
type ValidateStatus struct {
	Phase   string               `json:"phase"`
	Reason  string               `json:"reason,omitempty"`
	Smoke   []serving.SmokeCheck `json:"smoke,omitempty"`
	Quality *serving.Quality     `json:"quality,omitempty"`
}

// Command is the payload of approve, reject, pause, resume, promote and
// rollback; every field may be absent.
type Command struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// CommandAnswer is what an update of those names returns.
type CommandAnswer struct {
	Phase Phase `json:"phase"`
	// Before is the phase in which the command was taken.
	Before Phase `json:"before,omitempty"`
}
