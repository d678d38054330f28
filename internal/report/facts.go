package report

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// Facts are what is kept of a run. All but Run may be absent.
type Facts struct {
	Run      serving.RunRecord
	Trials   []serving.Trial
	Fleet    *serving.Fleet          // as it is registered now
	Analysis *serving.AnalysisRecord // the measurement that the run began with
	Rollout  *serving.RolloutRecord
	Stages   []serving.StageRecord
	// Tallies count the fleet's objectives, from the longest period of any of them
	// before the run's end.
	Tallies    []slo.Tally
	Violations []serving.ViolationRecord // seen while the run was open
	Story      []serving.EventRecord
	// CommandLine writes a configuration as its engine is started.
	CommandLine func(serving.EngineConfig) []string
	// API is the base address for commands, for example "http://127.0.0.1:8002/api/v1".
	API string
	Now time.Time
}

// end is when the run ended, or now.
func (f Facts) end() time.Time {
	if f.Run.ClosedAt != nil {
		return *f.Run.ClosedAt
	}
	return f.Now
}

// Report is the page as data.
type Report struct {
	Fleet       string          `json:"fleet"`
	RunID       string          `json:"run_id"`
	WorkflowID  string          `json:"workflow_id"`
	GeneratedAt time.Time       `json:"generated_at"`
	Running     bool            `json:"running"`
	Phase       string          `json:"phase"`
	Outcome     serving.Outcome `json:"outcome,omitempty"`
	// Headline says in a sentence how it ended, and Production what that means for
	// users; Reason is the run's own word.
	Headline   string     `json:"headline"`
	Production string     `json:"production"`
	Alarm      bool       `json:"alarm,omitempty" doc:"Somebody must look: the way back failed."`
	Reason     string     `json:"reason,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
	Seconds    float64    `json:"seconds"`

	Setting         Setting                  `json:"setting"`
	Objectives      []serving.Objective      `json:"objectives"`
	Workload        *serving.Workload        `json:"workload,omitempty"`
	Findings        []serving.Bottleneck     `json:"findings"`
	Recommendations []serving.Recommendation `json:"recommendations"`
	Tried           []Tried                  `json:"tried"`
	Decision        Decision                 `json:"decision"`
	// Compared is the present configuration against the winner or, without one, the
	// best that was tried; absent before two were measured.
	Compared *Compared           `json:"compared,omitempty"`
	Rollout  *RolloutStory       `json:"rollout,omitempty"`
	Budgets  []BudgetDuring      `json:"budgets"`
	Breaches []Breach            `json:"breaches"`
	Change   *Change             `json:"change,omitempty"`
	Cost     Cost                `json:"cost"`
	Search   *serving.Experiment `json:"search,omitempty" doc:"What the search itself cost."`
	Caveats  []string            `json:"caveats"`
	Story    []Line              `json:"story"`
}

// Setting is what was looked at.
type Setting struct {
	Engine    serving.EngineKind `json:"engine"`
	Version   string             `json:"version,omitempty"`
	Model     string             `json:"model"`
	GPU       string             `json:"gpu,omitempty"`
	GPUs      int                `json:"gpus,omitempty" doc:"Per replica."`
	Replicas  int                `json:"replicas,omitempty"`
	Simulated bool               `json:"simulated" doc:"The engines call themselves simulated: no figure is of a real GPU."`
}

// Breach is a violation that was seen while the run was open.
type Breach struct {
	SLO        string          `json:"slo"`
	Variant    serving.Variant `json:"variant,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	OpenedAt   time.Time       `json:"opened_at"`
	ResolvedAt *time.Time      `json:"resolved_at,omitempty"`
}

// Line is an event of the run's story.
type Line struct {
	At   time.Time `json:"at"`
	Type string    `json:"type"`
	Text string    `json:"text"`
}

// Cost is what a million output tokens cost at the highest rate that keeps the
// objectives. Without a price it is not known, and Text says what to set.
type Cost struct {
	Known  bool    `json:"known"`
	Before float64 `json:"before_per_million_tokens,omitempty"`
	After  float64 `json:"after_per_million_tokens,omitempty"`
	Text   string  `json:"text"`
}
