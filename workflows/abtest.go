package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// pickWinner keeps A unless B, which is already shown not to be worse, is the
// better one by the plan's latency. nil means that B goes on to everybody.
func (r *rollout) pickWinner(ctx workflow.Context, stage StageResult) *ending {
	if stage.NeedsHuman { // a person has accepted B
		return nil
	}
	metric := r.plan.AB.Winner
	check, known := winningCheck(stage.Judgement, metric)
	if !known {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: fmt.Sprintf("A stays: %s could not be compared", metric)}
	}
	text := fmt.Sprintf("p%.4g %s of B is %.3g s, of A %.3g s (%.2fx, %d requests a side at least)",
		100*r.ratioQuantile(), metric, check.Observed, check.Reference, check.Observed/max(check.Reference, 1e-9), check.Samples)
	if check.Observed > check.Reference {
		return &ending{outcome: serving.OutcomeNoImprovement, reason: "A stays, B is no better: " + text}
	}
	r.story.note(ctx, "note", "B wins: "+text, map[string]any{"winner": "B", "check": check})
	return nil
}

func (r *rollout) ratioQuantile() float64 { return r.plan.Judge.RatioQuantile }

// winningCheck is the comparison of the tails by the router's requests, or by the
// engines' histograms where it keeps none.
func winningCheck(j serving.Judgement, m serving.Metric) (serving.JudgeCheck, bool) {
	var found serving.JudgeCheck
	known := false
	for _, c := range j.Checks {
		if c.Metric != m || c.Test != "quantile-ratio" || c.Samples == 0 {
			continue
		}
		if !known || c.Source == "" {
			found, known = c, true
		}
	}
	return found, known
}
