package store

import (
	"context"
	"errors"
	"time"
)

// Maintained is what one pass of Maintain did.
type Maintained struct {
	RolledUp RolledUp
	Pruned   Pruned
}

// Maintain rolls up and prunes, at once and then every minute and every hour,
// until ctx ends; report gets the result of each pass. A minute because that is
// the finest roll-up; an hour because a batch of deletes must stay small beside
// the keeping time, which is days. Several processes may maintain the same
// database: each finds done what the others did.
func (s *Store) Maintain(ctx context.Context, keep Keep, report func(Maintained, error)) {
	minutely := time.NewTicker(time.Minute)
	defer minutely.Stop()
	var prunedAt time.Time
	for {
		var done Maintained
		rolled, err := s.RollUp(ctx)
		done.RolledUp = rolled
		if now := s.now(); now.Sub(prunedAt) >= time.Hour {
			pruned, pruneErr := s.Prune(ctx, keep)
			done.Pruned, prunedAt, err = pruned, now, errors.Join(err, pruneErr)
		}
		report(done, err)
		select {
		case <-ctx.Done():
			return
		case <-minutely.C:
		}
	}
}
