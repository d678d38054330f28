package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// count adds what a story tells to the worker's metrics. The SDK's handler is silent
// in a replay, so that an end is counted by the worker that saw it and by no other.
// Labels are of closed sets: no name that a person chose becomes a series.
func count(ctx workflow.Context, told activities.RecordInput) {
	to := workflow.GetMetricsHandler(ctx)
	if r := told.Run; r != nil && r.ClosedAt != nil {
		to.WithTags(map[string]string{"outcome": string(r.Outcome)}).Counter("performance_agent_runs_total").Inc(1)
	}
	if r := told.Rollout; r != nil && r.ClosedAt != nil {
		countRollout(to, r)
	}
	if s := told.Stage; s != nil {
		to.WithTags(map[string]string{"verdict": string(s.Judgement.Verdict)}).Counter("performance_agent_stages_total").Inc(1)
	}
	if t := told.Trial; t != nil {
		countTrial(to, t.Trial)
	}
}

// outcomeLabel tells a rollback that failed from other failures.
func outcomeLabel(outcome serving.Outcome, reason string) string {
	if strings.HasPrefix(reason, rollbackFailed) {
		return "rollback_failed"
	}
	return string(outcome)
}

// countRollout also times the way back: until somebody knew, and from then until
// production was restored.
func countRollout(to client.MetricsHandler, r *serving.RolloutRecord) {
	outcome := outcomeLabel(r.Outcome, r.Reason)
	to.WithTags(map[string]string{"outcome": outcome}).Counter("performance_agent_rollouts_total").Inc(1)
	if r.Outcome == serving.OutcomeRolledBack || outcome == "rollback_failed" {
		to.WithTags(map[string]string{"cause": rollbackCause(r.Violation)}).Counter("performance_agent_rollbacks_total").Inc(1)
	}
	v := r.Violation
	if v == nil || v.DetectedUnix <= 0 {
		return
	}
	if v.BeganUnix > 0 && v.DetectedUnix >= v.BeganUnix {
		to.Timer("performance_agent_detection_seconds").Record(seconds(v.DetectedUnix - v.BeganUnix))
	}
	if r.RestoredAt != nil {
		to.Timer("performance_agent_restore_seconds").Record(max(0, r.RestoredAt.Sub(timeOf(v.DetectedUnix))).Round(time.Millisecond))
	}
}

// rollbackCause is who or what wanted the way back.
func rollbackCause(v *serving.Violation) string {
	switch {
	case v == nil:
		return "command"
	case v.Source == "watch" || v.Source == "stage" || v.Source == "alertmanager":
		return v.Source
	}
	return "person"
}

// countTrial counts a trial once for each source that proposed what it tried.
func countTrial(to client.MetricsHandler, t serving.Trial) {
	verdict := string(t.Status)
	if t.Quality != nil && t.Quality.Verdict == serving.VerdictFail {
		verdict = "quality-failed"
	}
	sources := t.Candidate.Sources
	if len(sources) == 0 {
		sources = []serving.Source{"baseline"}
	}
	for _, source := range sources {
		to.WithTags(map[string]string{"source": string(source), "verdict": verdict}).Counter("performance_agent_trials_total").Inc(1)
	}
}
