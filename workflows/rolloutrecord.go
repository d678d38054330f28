package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// attributes are the search attributes that every workflow of a fleet carries.
func attributes(fleet serving.Fleet, phase Phase) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(FleetKey.ValueSet(fleet.Name),
		EngineKey.ValueSet(string(fleet.Config.Engine)), PhaseKey.ValueSet(string(phase)))
}

// show upserts search attributes; a server without them is logged, not fatal,
// since a rollout must not stop for want of a filter.
func show(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not set", "error", err)
	}
}

// enter moves the rollout to a phase and tells everybody: the status query, the
// search attributes, the Web UI's details and the record.
func (r *rollout) enter(ctx workflow.Context, phase Phase, message string) {
	r.status.Phase = phase
	updates := []temporal.SearchAttributeUpdate{PhaseKey.ValueSet(string(phase)), WeightKey.ValueSet(int64(r.status.Weight)),
		FleetKey.ValueSet(r.in.Fleet), EngineKey.ValueSet(string(r.in.To.Engine))}
	if r.status.Outcome != "" {
		updates = append(updates, OutcomeKey.ValueSet(r.outcomeAttribute()))
	}
	show(ctx, updates...)
	workflow.SetCurrentDetails(ctx, r.details(message))
	record := r.started
	record.Phase, record.Weight, record.Outcome = string(phase), r.status.Weight, r.status.Outcome
	record.Reason, record.UpdatedAt = r.status.Reason, workflow.Now(ctx).UTC()
	record.Violation, record.Vetting, record.Plan = r.status.Violation, r.status.Vetting, r.status.Plan
	if !r.restored.IsZero() {
		restored := r.restored.UTC()
		record.RestoredAt = &restored
	}
	eventType := "phase"
	if phase == PhaseClosed {
		closed := record.UpdatedAt
		record.ClosedAt = &closed
		if r.in.RunID == "" {
			eventType = "outcome"
		}
	}
	r.story.tell(ctx, activities.RecordInput{Rollout: &record}, eventType, message,
		map[string]any{"phase": phase, "weight": r.status.Weight, "rollout_id": r.started.ID})
}

// rollbackFailed begins the reason of a rollout whose way back could not be verified.
const rollbackFailed = "ROLLBACK FAILED"

// outcomeAttribute makes a failed rollback findable by its own word.
func (r *rollout) outcomeAttribute() string {
	if strings.HasPrefix(r.status.Reason, rollbackFailed) {
		return ErrRollbackFailed
	}
	return string(r.status.Outcome)
}

func (r *rollout) recordStage(ctx workflow.Context, result StageResult) {
	r.status.Stages = append(r.status.Stages, result)
	record := serving.StageRecord{RolloutID: r.started.ID, Fleet: r.in.Fleet, Index: result.Index, Weight: result.Weight,
		Judgement: result.Judgement, StartedAt: timeOf(result.StartedUnix), EndedAt: timeOf(result.EndedUnix)}
	r.story.tell(ctx, activities.RecordInput{Stage: &record}, "stage",
		fmt.Sprintf("stage %d%%: %s: %s", result.Weight, result.Judgement.Verdict, result.Judgement.Reason),
		map[string]any{"weight": result.Weight, "verdict": result.Judgement.Verdict, "reason": result.Judgement.Reason,
			"samples": result.Judgement.Canary.Requests})
}

// details is the Markdown that the Web UI shows: it must tell the story without
// opening a payload.
func (r *rollout) details(message string) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("**%s**: %s\n\nChange: %s\n", r.status.Phase, message, describeChange(r.status.From, r.in.To)))
	if len(r.status.Stages) > 0 {
		b.WriteString("\n| canary | verdict | why |\n|---|---|---|\n")
		for _, s := range r.status.Stages {
			b.WriteString(fmt.Sprintf("| %d%% | %s | %s |\n", s.Weight, s.Judgement.Verdict, s.Judgement.Reason))
		}
	}
	return b.String()
}

// describeChange is the difference of two configurations in a person's words.
func describeChange(from, to serving.EngineConfig) string {
	return serving.DescribeChanges(serving.Diff(from, to))
}
