package activities

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// RunRecorder keeps the records of runs. Every method is idempotent.
type RunRecorder interface {
	SaveRun(ctx context.Context, run serving.RunRecord) error
	SaveTrial(ctx context.Context, trial serving.TrialRecord) error
	SaveAnalysis(ctx context.Context, analysis serving.AnalysisRecord) error
	SaveLoadTest(ctx context.Context, test serving.LoadTestRecord) error
	SaveValidation(ctx context.Context, v serving.ValidationRecord) error
}

// RolloutRecorder keeps the records of rollouts. Every method is idempotent.
type RolloutRecorder interface {
	SaveRollout(ctx context.Context, rollout serving.RolloutRecord) error
	SaveStage(ctx context.Context, stage serving.StageRecord) error
	// AbandonRollout closes the record of a rollout that could not do so itself;
	// one that is closed, or that is not known, is left alone.
	AbandonRollout(ctx context.Context, a serving.Abandoned) error
}

// ViolationRecorder keeps violations. Every method is idempotent.
type ViolationRecorder interface {
	SaveViolation(ctx context.Context, v serving.ViolationRecord) error
	ResolveViolation(ctx context.Context, id string, at time.Time) error
}

// EventRecorder appends to the story of a run; an event whose key is there
// already is not appended again.
type EventRecorder interface {
	AppendEvent(ctx context.Context, event serving.EventRecord) error
}

// AuditRecorder keeps who asked for what; a row whose key is there already is not
// added again.
type AuditRecorder interface {
	AppendAudit(ctx context.Context, row serving.AuditRecord) error
}

// InsightRecorder keeps insights. Saving twice has the effect of saving once.
type InsightRecorder interface {
	SaveInsight(ctx context.Context, i serving.Insight) error
}

// ScheduleRecorder keeps what became of the times at which schedules were due.
// Saving twice has the effect of saving once.
type ScheduleRecorder interface {
	SaveOccurrence(ctx context.Context, o serving.Occurrence) error
}

// Recorder is everything that is kept for people and the API.
type Recorder interface {
	RunRecorder
	RolloutRecorder
	ViolationRecorder
	EventRecorder
	AuditRecorder
	InsightRecorder
	ScheduleRecorder
}

// History records what workflows decided. Nothing reads it back into a
// decision: the truth about a run is its workflow.
type History struct{ store Recorder }

// NewHistory returns the recording activities.
func NewHistory(store Recorder) *History { return &History{store: store} }

// RecordInput is one step of the story: whichever records changed, and the
// events to tell.
type RecordInput struct {
	Run        *serving.RunRecord        `json:"run,omitempty"`
	Trial      *serving.TrialRecord      `json:"trial,omitempty"`
	Analysis   *serving.AnalysisRecord   `json:"analysis,omitempty"`
	Rollout    *serving.RolloutRecord    `json:"rollout,omitempty"`
	Stage      *serving.StageRecord      `json:"stage,omitempty"`
	LoadTest   *serving.LoadTestRecord   `json:"load_test,omitempty"`
	Validation *serving.ValidationRecord `json:"validation,omitempty"`
	Insight    *serving.Insight          `json:"insight,omitempty"`
	Violation  *serving.ViolationRecord  `json:"violation,omitempty"`
	Abandoned  *serving.Abandoned        `json:"abandoned,omitempty"`
	Audit      *serving.AuditRecord      `json:"audit,omitempty"`
	Occurrence *serving.Occurrence       `json:"occurrence,omitempty"`
	// Resolved is the ID of a violation that is over since ResolvedAt.
	Resolved   string                `json:"resolved,omitempty"`
	ResolvedAt time.Time             `json:"resolved_at,omitzero"`
	Events     []serving.EventRecord `json:"events,omitempty"`
}

// Record writes one step of the story.
func (a *History) Record(ctx context.Context, in RecordInput) error {
	for _, save := range a.saves(in) {
		if err := save(ctx); err != nil {
			return translate(err)
		}
	}
	for _, event := range in.Events {
		if err := a.store.AppendEvent(ctx, event); err != nil {
			return translate(err)
		}
	}
	return nil
}

func (a *History) saves(in RecordInput) []func(context.Context) error {
	var out []func(context.Context) error
	if in.Run != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveRun(ctx, *in.Run) })
	}
	if in.Trial != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveTrial(ctx, *in.Trial) })
	}
	if in.Analysis != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveAnalysis(ctx, *in.Analysis) })
	}
	if in.Rollout != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveRollout(ctx, *in.Rollout) })
	}
	if in.Stage != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveStage(ctx, *in.Stage) })
	}
	if in.LoadTest != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveLoadTest(ctx, *in.LoadTest) })
	}
	if in.Validation != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveValidation(ctx, *in.Validation) })
	}
	if in.Insight != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveInsight(ctx, *in.Insight) })
	}
	if in.Violation != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveViolation(ctx, *in.Violation) })
	}
	if in.Abandoned != nil {
		out = append(out, func(ctx context.Context) error { return a.store.AbandonRollout(ctx, *in.Abandoned) })
	}
	if in.Audit != nil {
		out = append(out, func(ctx context.Context) error { return a.store.AppendAudit(ctx, *in.Audit) })
	}
	if in.Occurrence != nil {
		out = append(out, func(ctx context.Context) error { return a.store.SaveOccurrence(ctx, *in.Occurrence) })
	}
	if in.Resolved != "" {
		out = append(out, func(ctx context.Context) error { return a.store.ResolveViolation(ctx, in.Resolved, in.ResolvedAt) })
	}
	return out
}
