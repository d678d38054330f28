package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// failed is the error of a run that could not go on. It carries the cause as
// text and never as a wrapped error (see compensation.run).
func failed(errType, message string) error {
	return temporal.NewNonRetryableApplicationError(message, errType, nil)
}

// rootMessage is what the activity or child itself said, without the SDK's
// envelopes: the text of the outermost application error.
func rootMessage(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	return err.Error()
}

// errorType is the type of the application error in the chain, "" if none.
func errorType(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Type()
	}
	return ""
}

// canceled reports that the workflow itself was asked to stop, as opposed to a
// child or an activity that it cancelled by its own decision.
func canceled(ctx workflow.Context) bool { return errors.Is(ctx.Err(), workflow.ErrCanceled) }
