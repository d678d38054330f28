package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// beatEvery is well under the heartbeat timeouts in workflows/options.go, so
// that a cancellation, which travels with a beat, arrives within a few seconds.
const beatEvery = 2 * time.Second

// beating runs work while it heartbeats, so that a long call to an adapter can
// be cancelled and a dead worker is noticed.
func beating(ctx context.Context, work func(context.Context) error) error {
	done := make(chan struct{})
	defer close(done)
	go func() {
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return work(ctx)
}

// wait blocks for d or until ctx ends, whichever comes first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// waitOrStop is wait for activities that run for ever: when the worker is asked
// to stop, it hands the activity over to another worker at once.
func waitOrStop(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-activity.GetWorkerStopChannel(ctx):
		return workerStopping()
	case <-timer.C:
		return nil
	}
}

// seconds turns a float of seconds into a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// unixNow is the present in seconds since 1970.
func unixNow() float64 { return float64(time.Now().UnixNano()) / 1e9 }
