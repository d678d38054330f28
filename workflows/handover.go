package workflows

import (
	"cmp"
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
)

// handedOver repeats work that a worker gave up because it was ending, when all its
// attempts went that way: workers end one after the other when a new version is
// rolled out, and a measurement must not count as failed for that. n counts from 0.
func handedOver(work func(n int) error) error {
	for n := 0; ; n++ {
		err := work(n)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || app.Type() != activities.TypeWorkerStopping {
			return err
		}
	}
}

// runLadder runs a load test, with other words each time that it begins anew: the
// engine has those of the time before in its prefix cache.
func runLadder(ctx workflow.Context, in activities.RunLadderInput) (activities.RunLadderResult, error) {
	var out activities.RunLadderResult
	text := in.Spec.Base.TextSeed
	err := handedOver(func(n int) error {
		if in.Spec.Base.TextSeed = text; n > 0 {
			in.Spec.Base.TextSeed = cmp.Or(text, in.Spec.Base.Seed) + uint64(n)<<40
		}
		return workflow.ExecuteActivity(loading(ctx, longestLadder(in.Spec), "load ladder"), load.RunLadder, in).Get(ctx, &out)
	})
	return out, err
}

// collectAnswers asks for the answers that candidates are held to.
func collectAnswers(ctx workflow.Context, in activities.CollectAnswersInput) (activities.CollectAnswersResult, error) {
	var out activities.CollectAnswersResult
	err := handedOver(func(int) error {
		return workflow.ExecuteActivity(questioning(ctx, "collect reference answers"), asking.CollectAnswers, in).Get(ctx, &out)
	})
	return out, err
}

// compareAnswers asks a candidate for its answers.
func compareAnswers(ctx workflow.Context, in activities.CompareAnswersInput) (activities.CompareAnswersResult, error) {
	var out activities.CompareAnswersResult
	err := handedOver(func(int) error {
		return workflow.ExecuteActivity(questioning(ctx, "compare answers"), asking.CompareAnswers, in).Get(ctx, &out)
	})
	return out, err
}
