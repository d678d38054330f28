package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// TypePermanent is the error type of a failure that no retry can cure.
const TypePermanent = "Permanent"

// TypeWorkerStopping is the error type with which a long activity leaves a
// worker that shuts down; its retry goes on elsewhere.
const TypeWorkerStopping = "WorkerStopping"

// translate is the one place where an error of an adapter becomes an error of
// Temporal: permanent ones fail the activity at once, all others are retried
// under the caller's policy. One that is of Temporal already loses what was wrapped
// around it, under which the SDK would not find its retry delay.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if ours := (*temporal.ApplicationError)(nil); errors.As(err, &ours) {
		return ours
	}
	if errors.Is(err, serving.ErrPermanent) {
		return temporal.NewNonRetryableApplicationError(err.Error(), TypePermanent, err)
	}
	return err
}
