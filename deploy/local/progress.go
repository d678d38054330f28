package main

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// follow prints a run's story as it is told and hands each event to the
// scenario, until the run is over. A broken stream is taken up where it broke:
// the server may be restarted under our feet.
func (s *stack) follow(ctx context.Context, run string, react func(serving.EventRecord)) error {
	var last int64
	over := false
	for !over {
		var err error
		last, err = s.api.events(ctx, run, last, func(e serving.EventRecord) {
			fmt.Printf("%s  %-9s  %s\n", e.At.Local().Format(time.TimeOnly), e.Type, e.Message)
			over = over || e.Type == "outcome"
			react(e)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !over {
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
