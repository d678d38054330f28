package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ship rolls the winner out in a child that owns every write to production.
func (o *optimize) ship(ctx workflow.Context) ending {
	o.enter(ctx, PhaseRollingOut, "rolling out "+o.advice())
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            RolloutID(o.in.Fleet),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL,
		WaitForCancellation:   true,
		StaticSummary:         "rollout of " + o.status.Winner.Name,
		TypedSearchAttributes: attributes(o.fleet, PhasePreparing),
	})
	o.rollout = workflow.ExecuteChildWorkflow(childCtx, Rollout, RolloutInput{Fleet: o.in.Fleet, To: o.status.Winner.Config,
		Plan: o.options.Rollout, RunID: o.status.RunID, RequestedBy: o.in.RequestedBy, OverrideReason: o.options.OverrideReason,
		ColdStart: o.winnersStart()})
	var execution workflow.Execution
	if err := o.rollout.GetChildWorkflowExecution().Get(ctx, &execution); err == nil {
		o.record.RolloutID = execution.RunID
	}
	var result RolloutResult
	err := o.rollout.Get(ctx, &result)
	o.rollout = nil
	if err != nil {
		o.rolloutErrType = errorType(err)
		if o.rolloutErrType == ErrRollbackFailed {
			return ending{outcome: serving.OutcomeFailed, reason: rootMessage(err)}
		}
		if temporal.IsCanceledError(err) && !canceled(ctx) {
			return ending{outcome: serving.OutcomeRolledBack, reason: "the rollout was canceled"}
		}
		return *o.broken(ctx, "rollout", err)
	}
	o.status.Rollout = &result
	return ending{outcome: result.Outcome, reason: result.Reason, violation: result.Violation}
}

// winnersStart is the last cold start of the winner that a trial measured.
func (o *optimize) winnersStart() *serving.ColdStart {
	for _, t := range slices.Backward(o.status.Trials) {
		if t.ColdStart != nil && t.Candidate.Config.Equal(o.status.Winner.Config) {
			return t.ColdStart
		}
	}
	return nil
}

// close records the end and decides once how the workflow closes.
func (o *optimize) close(ctx workflow.Context, end ending) (OptimizeResult, error) {
	o.status.Outcome, o.status.Reason = end.outcome, end.reason
	o.record.Sources = o.scores()
	o.enter(ctx, PhaseClosed, fmt.Sprintf("%s: %s", end.outcome, end.reason))
	o.tellEnd(ctx)
	o.story.finish(ctx)
	result := OptimizeResult{Outcome: end.outcome, Reason: end.reason, Baseline: o.record.Baseline, Winner: o.record.Winner,
		Gain: o.status.Gain, Trials: len(o.status.Trials), GenerationSeconds: o.status.GenerationSeconds, Rollout: o.status.Rollout}
	switch {
	case o.rolloutErrType == ErrRollbackFailed:
		return result, failed(ErrRollbackFailed, end.reason)
	case end.outcome == serving.OutcomeCanceled:
		return result, workflow.ErrCanceled
	case end.outcome == serving.OutcomeFailed:
		return result, failed(ErrRunFailed, end.reason)
	}
	return result, nil
}

// enter moves the run to a phase and tells everybody: the status query, the
// search attributes, the Web UI's details and the record.
func (o *optimize) enter(ctx workflow.Context, phase Phase, message string) {
	o.status.Phase = phase
	updates := []temporal.SearchAttributeUpdate{PhaseKey.ValueSet(string(phase))}
	record := o.record
	record.Phase, record.Outcome, record.Reason = string(phase), o.status.Outcome, o.status.Reason
	record.UpdatedAt = workflow.Now(ctx).UTC()
	eventType := "phase"
	if phase == PhaseClosed {
		eventType = "outcome"
		record.ClosedAt = &record.UpdatedAt
		record.Times["total_seconds"] = workflow.Now(ctx).Sub(o.began).Seconds()
		updates = append(updates, OutcomeKey.ValueSet(o.outcomeAttribute()))
	}
	record.Times = copyTimes(record.Times)
	show(ctx, updates...)
	workflow.SetCurrentDetails(ctx, o.details(message))
	o.story.tell(ctx, activities.RecordInput{Run: &record}, eventType, message,
		map[string]any{"phase": phase, "outcome": o.status.Outcome})
}

// outcomeAttribute makes a failed rollback findable by its own word.
func (o *optimize) outcomeAttribute() string {
	if o.rolloutErrType == ErrRollbackFailed {
		return ErrRollbackFailed
	}
	return string(o.status.Outcome)
}

// details is the Markdown that the Web UI shows.
func (o *optimize) details(message string) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("**%s**: %s\n", o.status.Phase, message))
	for _, f := range o.status.Bottlenecks {
		b.WriteString(fmt.Sprintf("\n- %s (%s): %s", f.Kind, f.Severity, f.Summary))
	}
	if len(o.status.Trials) > 0 {
		b.WriteString("\n\n| trial | purpose | candidate | goodput req/s | E2E p95 s | flags |\n|---|---|---|---|---|---|\n")
		for _, t := range o.status.Trials {
			b.WriteString(fmt.Sprintf("| %d | %s | %s | %.2f | %.2f | `%s` |\n", t.Number, t.Purpose, t.Candidate.Name,
				t.Result.MaxGood, t.Result.Reference.E2E.P95Seconds, strings.Join(t.Candidate.Config.FlagList(), " ")))
		}
	}
	return b.String()
}

// copyTimes detaches a queued record from the map that later steps add to.
func copyTimes(times map[string]any) map[string]any {
	out := make(map[string]any, len(times))
	for _, key := range workflow.DeterministicKeys(times) {
		out[key] = times[key]
	}
	return out
}

func timeOf(unixSeconds float64) time.Time {
	return time.Unix(0, int64(unixSeconds*1e9)).UTC()
}
