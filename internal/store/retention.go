package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/series"
)

// pruneBatch bounds one delete: on SQLite a delete holds the only write lock,
// and a thousand rows take milliseconds.
const pruneBatch = 1000

// Keep says for how long records are kept. A coarser resolution must not be kept
// for less time than a finer one: late snapshots are counted by the finest that
// is still there.
type Keep struct {
	Records time.Duration // events, occurrences of schedules, answers of engines and language models, idempotency keys
	Raw     time.Duration // snapshots
	Minutes time.Duration // roll-ups
	Hours   time.Duration
}

// Check names what is wrong.
func (k Keep) Check() error {
	switch {
	case k.Records <= 0 || k.Raw <= 0:
		return fmt.Errorf("keeping time: %w: must be positive", ErrInvalid)
	case k.Minutes < k.Raw || k.Hours < k.Minutes:
		return fmt.Errorf("keeping time: %w: roll-ups of minutes must be kept at least as long as snapshots (%s), and of hours as long as of minutes (%s)", ErrInvalid, k.Raw, k.Minutes)
	}
	return nil
}

// Pruned counts what Prune removed.
type Pruned struct {
	Snapshots       int64
	Minutes         int64
	Hours           int64
	Events          int64
	IdempotencyKeys int64
	Answers         int64
	Exchanges       int64
	SLOCounts       int64
	Notices         int64
	Occurrences     int64
}

// Prune removes what is older than it is kept for. A snapshot goes only when a
// roll-up counts it, a minute only when its hour does. The last event of each
// run stays, so that numbering goes on and the outcome stays readable; runs,
// rollouts, violations and the audit log are never touched.
func (s *Store) Prune(ctx context.Context, keep Keep) (Pruned, error) {
	var out Pruned
	if err := keep.Check(); err != nil {
		return out, err
	}
	now := utc(s.now())
	counts, err := s.pruneSLOCounts(ctx, keep, now)
	out.SLOCounts = counts
	return out, errors.Join(err,
		s.pruneRecords(ctx, now.Add(-keep.Records), &out),
		s.pruneMeasurements(ctx, series.Raw, now.Add(-keep.Raw).Truncate(time.Minute), &out.Snapshots,
			`DELETE FROM snapshots WHERE id IN (SELECT id FROM snapshots WHERE rolled AND taken_at < ? LIMIT ?)`),
		s.pruneMeasurements(ctx, series.Minute, now.Add(-keep.Minutes).Truncate(time.Hour), &out.Minutes, deleteRollups("1m")),
		s.pruneMeasurements(ctx, series.Hour, now.Add(-keep.Hours).Truncate(time.Hour), &out.Hours, deleteRollups("1h")),
	)
}

// deleteRollups is a bounded delete of one resolution.
func deleteRollups(resolution string) string {
	return `DELETE FROM rollups WHERE (fleet, variant, resolution, starts_at) IN (
		SELECT fleet, variant, resolution, starts_at FROM rollups
		WHERE rolled AND resolution = '` + resolution + `' AND starts_at < ? LIMIT ?)`
}

// pruneMeasurements moves the horizon first, so that from then on nothing is
// computed from parts of which some are gone.
func (s *Store) pruneMeasurements(ctx context.Context, res series.Resolution, before time.Time, count *int64, sql string) error {
	horizon, err := s.moveHorizon(ctx, res, before)
	if err != nil {
		return err
	}
	*count, err = s.deleteAll(ctx, sql, horizon)
	return fail(err, "prune %s measurements before %s", res, horizon.Format(time.RFC3339))
}

func (s *Store) pruneRecords(ctx context.Context, before time.Time, out *Pruned) error {
	var err error
	out.Events, err = s.deleteAll(ctx, `DELETE FROM events WHERE (run_id, seq) IN (
		SELECT run_id, seq FROM events AS e WHERE at < ? AND seq <
			(SELECT MAX(seq) FROM events AS last WHERE last.run_id = e.run_id) LIMIT ?)`, before)
	if err != nil {
		return fail(err, "prune events before %s", before.Format(time.RFC3339))
	}
	out.IdempotencyKeys, err = s.deleteAll(ctx, `DELETE FROM idempotency_keys WHERE (principal, request_key) IN (
		SELECT principal, request_key FROM idempotency_keys WHERE created_at < ? LIMIT ?)`, before)
	if err != nil {
		return fail(err, "prune idempotency keys before %s", before.Format(time.RFC3339))
	}
	out.Answers, err = s.deleteAll(ctx, `DELETE FROM answers WHERE answer_key IN (
		SELECT answer_key FROM answers WHERE at < ? LIMIT ?)`, before)
	if err != nil {
		return fail(err, "prune answers before %s", before.Format(time.RFC3339))
	}
	out.Exchanges, err = s.deleteAll(ctx, `DELETE FROM advisor_exchanges WHERE id IN (
		SELECT id FROM advisor_exchanges WHERE at < ? LIMIT ?)`, before)
	if err != nil {
		return fail(err, "prune exchanges with language models before %s", before.Format(time.RFC3339))
	}
	out.Notices, err = s.deleteAll(ctx, `DELETE FROM notices WHERE (notice_key, target) IN (
		SELECT notice_key, target FROM notices WHERE at < ? LIMIT ?)`, before)
	if err != nil {
		return fail(err, "prune notices before %s", before.Format(time.RFC3339))
	}
	out.Occurrences, err = s.deleteAll(ctx, `DELETE FROM occurrences WHERE occurrence_key IN (
		SELECT occurrence_key FROM occurrences WHERE at < ? LIMIT ?)`, before)
	return fail(err, "prune occurrences of schedules before %s", before.Format(time.RFC3339))
}

// deleteAll repeats a bounded delete until nothing is left to delete.
func (s *Store) deleteAll(ctx context.Context, sql string, before time.Time) (int64, error) {
	var total int64
	for {
		done := s.db.WithContext(ctx).Exec(sql, utc(before), pruneBatch)
		total += done.RowsAffected
		if done.Error != nil || done.RowsAffected < pruneBatch {
			return total, done.Error
		}
	}
}
