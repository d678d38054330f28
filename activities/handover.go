package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// errWorkerStopping is the cause for which handed-over work is given up.
var errWorkerStopping = errors.New("the worker is stopping")

// workerStopping hands an activity to another worker at once.
func workerStopping() error {
	return temporal.NewApplicationErrorWithOptions(errWorkerStopping.Error(), TypeWorkerStopping, temporal.ApplicationErrorOptions{
		NextRetryDelay: 100 * time.Millisecond, Category: temporal.ApplicationErrorCategoryBenign})
}

// handingOver is beating for work of minutes that must be done whole: a worker that
// is asked to stop could not finish it, and would only delay the one that begins
// again. What the work leaves behind must be nothing.
func handingOver(ctx context.Context, work func(context.Context) error) error {
	working, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	go func() {
		select {
		case <-activity.GetWorkerStopChannel(ctx):
			giveUp(errWorkerStopping)
		case <-working.Done():
		}
	}()
	err := beating(working, work)
	if err != nil && errors.Is(context.Cause(working), errWorkerStopping) {
		return workerStopping()
	}
	return err
}
