package report

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// rollbackFailed is how a rollout's reason begins when production could not be
// restored.
const rollbackFailed = "ROLLBACK FAILED"

// headline says how a run ended, what that means for users, and whether somebody
// must look at once.
func headline(f Facts, r Report) (head, production string, alarm bool) {
	production = productionOf(f)
	if failedToRestore(f) {
		return "The way back failed: somebody must look at production now.", production, true
	}
	change := "the change"
	if f.Run.Winner != nil {
		if present, ok := presentOf(f); ok {
			change = serving.DescribeChanges(serving.Diff(present, f.Run.Winner.Config))
		}
	}
	if r.Running {
		return fmt.Sprintf("This run is not over (%s). What follows is what is known so far.", strings.ReplaceAll(r.Phase, "-", " ")), production, false
	}
	return outcomeHead(f, change), production, false
}

// outcomeHead has a sentence for each way in which a run can end.
func outcomeHead(f Facts, change string) string {
	switch f.Run.Outcome {
	case serving.OutcomePromoted:
		return "Improved and promoted" + gainClause(f) + "."
	case serving.OutcomeRolledBack:
		return "Rolled back: the change was proven in staging and failed on production traffic."
	case serving.OutcomeNoImprovement:
		return fmt.Sprintf("No improvement: of %d trials none was clearly better than the present configuration.", len(f.Trials))
	case serving.OutcomeInfeasible:
		return "The objectives cannot be kept: nothing that was tried keeps them at any rate."
	case serving.OutcomeAdvised:
		return "Advice only: " + change + " is proven in staging and was not shipped" + gainClause(f) + "."
	case serving.OutcomeRejected:
		return "Not shipped: the change was proven in staging and nobody let it go to production."
	case serving.OutcomeRefused:
		return "Not shipped: an error budget is spent or changes are frozen."
	case serving.OutcomeCanceled:
		return "Canceled before it could finish."
	case serving.OutcomeFailed:
		return "The run failed and proves nothing."
	}
	return "The run has ended."
}

func gainClause(f Facts) string {
	if f.Run.Gain == nil {
		return ""
	}
	return fmt.Sprintf(": %s the rate within the objectives%s", times(f.Run.Gain.ThroughputRatio), latencyGain(*f.Run.Gain))
}

func failedToRestore(f Facts) bool {
	return strings.Contains(f.Run.Reason, rollbackFailed) || f.Rollout != nil && strings.Contains(f.Rollout.Reason, rollbackFailed)
}

// productionOf says what users have now because of the run.
func productionOf(f Facts) string {
	ro := f.Rollout
	switch {
	case ro == nil && f.Run.RolloutID != "":
		return "The record of its rollout could not be found, so what production runs is not known here."
	case ro == nil:
		return "Production was not touched."
	case failedToRestore(f):
		return sentence(ro.Reason)
	case ro.ClosedAt == nil:
		return fmt.Sprintf("A rollout is open: %d%% of production traffic is on the new configuration.", ro.Weight)
	case ro.Outcome == serving.OutcomePromoted:
		return "Production runs the new configuration since " + ro.ClosedAt.UTC().Format("2 Jan 2006, 15:04 UTC") + "."
	case ro.Outcome == serving.OutcomeAdvised, ro.Outcome == serving.OutcomeRefused:
		return "Production was not touched."
	case ro.RestoredAt != nil:
		return "All traffic is on the old configuration; the router was read back at " + ro.RestoredAt.UTC().Format("15:04:05 UTC on 2 Jan 2006") + restoredAfter(*ro) + "."
	}
	return "Production runs the old configuration."
}

// restoredAfter is how long users had the breach.
func restoredAfter(ro serving.RolloutRecord) string {
	if ro.Violation == nil || ro.Violation.DetectedUnix == 0 {
		return ""
	}
	seconds := float64(ro.RestoredAt.UnixMilli())/1000 - ro.Violation.DetectedUnix
	if seconds < 0 {
		return ""
	}
	return fmt.Sprintf(", %.1f s after the breach was detected", seconds)
}
