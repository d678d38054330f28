package store

import (
	"context"
	"time"
)

// pruneBatch bounds one delete: on SQLite a delete holds the only write lock,
// and a thousand rows take milliseconds.
const pruneBatch = 1000

// Pruned counts what Prune removed.
type Pruned struct {
	Snapshots       int64
	Events          int64
	IdempotencyKeys int64
}

// Retain prunes what is older than keep, at once and then every hour, until ctx
// ends; report gets each result. An hour because a batch of deletes must stay
// small beside the keeping time, which is days. Several processes may retain the
// same database: each deletes what the others left.
func (s *Store) Retain(ctx context.Context, keep time.Duration, report func(Pruned, error)) {
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	for {
		report(s.Prune(ctx, s.now().Add(-keep)))
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
		}
	}
}

// Prune removes measurements, events and idempotency keys from before the given
// time. It keeps the last event of each run, so that numbering goes on and the
// outcome stays readable, and never touches runs, rollouts, violations or the
// audit log.
func (s *Store) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	before = utc(before)
	var out Pruned
	for _, p := range []struct {
		count *int64
		sql   string
	}{
		{&out.Snapshots, `DELETE FROM snapshots WHERE id IN (
			SELECT id FROM snapshots WHERE taken_at < ? LIMIT ?)`},
		{&out.Events, `DELETE FROM events WHERE (run_id, seq) IN (
			SELECT run_id, seq FROM events AS e WHERE at < ? AND seq <
				(SELECT MAX(seq) FROM events AS last WHERE last.run_id = e.run_id) LIMIT ?)`},
		{&out.IdempotencyKeys, `DELETE FROM idempotency_keys WHERE (principal, request_key) IN (
			SELECT principal, request_key FROM idempotency_keys WHERE created_at < ? LIMIT ?)`},
	} {
		n, err := s.deleteAll(ctx, p.sql, before)
		*p.count = n
		if err != nil {
			return out, fail(err, "prune before %s", before.Format(time.RFC3339))
		}
	}
	return out, nil
}

// deleteAll repeats a bounded delete until nothing is left to delete.
func (s *Store) deleteAll(ctx context.Context, sql string, before time.Time) (int64, error) {
	var total int64
	for {
		done := s.db.WithContext(ctx).Exec(sql, before, pruneBatch)
		total += done.RowsAffected
		if done.Error != nil || done.RowsAffected < pruneBatch {
			return total, done.Error
		}
	}
}
