package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// InsightInput asks for an insight outside of a run.
type InsightInput struct {
	Question    activities.AdviseInput `json:"question"`
	RequestedBy string                 `json:"requested_by,omitempty"`
}

// Insight asks a language model about a fleet because a person wants to know. It
// changes nothing, and it never fails for want of an answer: without one the
// insight says so and tells what the rules found.
func Insight(ctx workflow.Context, in InsightInput) (serving.Insight, error) {
	status := serving.Insight{}
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (serving.Insight, error) { return status, nil }); err != nil {
		return status, err
	}
	status = advised(ctx, in.Question).Insight
	status.RequestedBy = in.RequestedBy
	if canceled(ctx) {
		return status, ctx.Err()
	}
	err := workflow.ExecuteActivity(recording(ctx), history.Record, activities.RecordInput{Insight: &status}).Get(ctx, nil)
	return status, err
}
