package main

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/server/api/client"
)

// follow prints a run's story as it is told and hands each event to the
// scenario, until the run is over.
func (s *stack) follow(ctx context.Context, run string, react func(client.EventRecord)) error {
	for e, err := range s.api.RunEvents(ctx, run, 0) {
		if err != nil {
			return err
		}
		fmt.Printf("%s  %-9s  %s\n", e.At.Local().Format(time.TimeOnly), e.Type, e.Message)
		react(e)
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
