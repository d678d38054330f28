package workflows

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ScheduledInput names the schedule whose time has come. What is started is read
// from its record then.
type ScheduledInput struct {
	ScheduleID string `json:"schedule_id"`
	Fleet      string `json:"fleet"`
	// LateSeconds is how long after it was due a run may still begin.
	LateSeconds float64 `json:"late_seconds"`
}

// Scheduled acts on one occurrence of a schedule: it starts the run as a child that
// goes on without it, or says why there is none this time, and writes down which.
// A fleet that is busy is an ordinary result. The run itself is the same as one that
// a person starts: it asks for admission and keeps its own record.
func Scheduled(ctx workflow.Context, in ScheduledInput) (serving.Occurrence, error) {
	info := workflow.GetInfo(ctx)
	s := &scheduled{in: in, out: serving.Occurrence{Key: info.OriginalRunID, ScheduleID: in.ScheduleID, Fleet: in.Fleet,
		DueAt: dueAt(ctx), At: workflow.Now(ctx).UTC()}}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (serving.Occurrence, error) { return s.out, nil }); err != nil {
		return s.out, fmt.Errorf("register query: %w", err)
	}
	gone := s.act(ctx)
	if canceled(ctx) && s.out.RunID == "" {
		return s.out, ctx.Err()
	}
	if gone {
		workflow.SetCurrentDetails(ctx, "there is no such schedule")
		return s.out, nil
	}
	return s.out, s.record(ctx)
}

type scheduled struct {
	in      ScheduledInput
	options OptimizeOptions
	out     serving.Occurrence
}

// dueKey is where Temporal says for when it scheduled a workflow.
var dueKey = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

func dueAt(ctx workflow.Context) time.Time {
	if due, known := workflow.GetTypedSearchAttributes(ctx).GetTime(dueKey); known {
		return due.UTC()
	}
	return workflow.Now(ctx).UTC()
}

// act starts the run or says why not, and whether the schedule is gone.
func (s *scheduled) act(ctx workflow.Context) bool {
	late := seconds(s.in.LateSeconds)
	if behind := s.out.At.Sub(s.out.DueAt); behind > late {
		s.skip("it was due %.0f s ago, which is more than the %.0f s that it may be late", behind.Seconds(), s.in.LateSeconds)
		return false
	}
	var due struct {
		activities.DueResult
		Run OptimizeOptions `json:"run"` // what the activity hands on as JSON
	}
	asking := workflow.WithScheduleToCloseTimeout(recalling(ctx, "may it begin"), max(late, time.Minute))
	err := workflow.ExecuteActivity(asking, schedules.Due, activities.DueInput{ScheduleID: s.in.ScheduleID}).Get(ctx, &due)
	s.options = due.Run
	switch {
	case err != nil:
		s.skip("what is scheduled could not be read: %s", rootMessage(err))
	case due.Skip != "":
		s.skip("%s", due.Skip)
	case !due.Gone:
		s.begin(ctx, due.Engine)
	}
	return due.Gone
}

// begin starts the run under the ID that allows a fleet only one.
func (s *scheduled) begin(ctx workflow.Context, engine serving.EngineKind) {
	fleet := serving.Fleet{Name: s.in.Fleet, Config: serving.EngineConfig{Engine: engine}}
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: OptimizeID(s.in.Fleet), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         fmt.Sprintf("Optimize %s, scheduled", s.in.Fleet),
		TypedSearchAttributes: attributes(fleet, PhaseCollecting)})
	var run workflow.Execution
	child := workflow.ExecuteChildWorkflow(childCtx, Optimize, s.run())
	err := child.GetChildWorkflowExecution().Get(ctx, &run)
	switch {
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		s.skip("a run of the fleet is under way")
	case err != nil:
		s.skip("the run could not be started: %s", rootMessage(err))
	default:
		s.out.State, s.out.RunID = serving.OccurrenceStarted, run.RunID
	}
}

func (s *scheduled) run() OptimizeInput {
	return OptimizeInput{Fleet: s.in.Fleet, Options: s.options, RequestedBy: serving.Schedule{ID: s.in.ScheduleID}.Actor()}
}

func (s *scheduled) skip(format string, args ...any) {
	s.out.State, s.out.Reason = serving.OccurrenceSkipped, fmt.Sprintf(format, args...)
}

// record writes down what became of it, however long the store is away. A run that
// was started is in the audit log, as one that a person starts is.
func (s *scheduled) record(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, s.out.State+" "+s.out.Reason)
	in := activities.RecordInput{Occurrence: &s.out}
	if s.out.State == serving.OccurrenceStarted {
		in.Audit = &serving.AuditRecord{Key: s.out.Key, At: s.out.At, Actor: s.run().RequestedBy, Action: "run.start", Target: s.in.Fleet, After: s.run()}
	}
	disconnected, _ := workflow.NewDisconnectedContext(ctx)
	return workflow.ExecuteActivity(recording(disconnected), history.Record, in).Get(disconnected, nil)
}
