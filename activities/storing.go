package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// storeAgainAfter and storeAgainAtMost are the first and the longest pause
	// between two tries of untilStored.
	storeAgainAfter  = 250 * time.Millisecond
	storeAgainAtMost = 10 * time.Second
)

// untilStored repeats a call to the store until it succeeds, fails for good, or
// the activity's time is up. It is for the reads and writes of activities whose
// other work is dear: minutes of an engine's answers must not be asked for again
// because a database restarts.
func untilStored(ctx context.Context, call func(context.Context) error) error {
	return beating(ctx, func(ctx context.Context) error {
		for pause := storeAgainAfter; ; pause = min(2*pause, storeAgainAtMost) {
			err := try(ctx, call)
			if err == nil || errors.Is(err, serving.ErrPermanent) || ctx.Err() != nil {
				return err
			}
			activity.GetLogger(ctx).Warn("the store does not answer, trying again", "error", err)
			if wait(ctx, pause) != nil {
				return err
			}
		}
	})
}

// try bounds one call, so that one that hangs is given up and made again.
func try(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeAgainAtMost)
	defer cancel()
	return call(ctx)
}
