package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// AbandonRollout closes the record of a rollout that was ended from outside and
// could not record its own end. A rollout that has an outcome, or that is not
// known, is left alone.
func (s *Store) AbandonRollout(ctx context.Context, a serving.Abandoned) error {
	r, err := s.Rollout(ctx, a.RolloutID)
	if errors.Is(err, ErrNotFound) || err == nil && r.Outcome != "" {
		return nil
	}
	if err != nil {
		return fail(err, "abandon rollout %q", a.RolloutID)
	}
	at := utc(time.UnixMicro(int64(a.AtUnix * 1e6)))
	r.Phase, r.Outcome, r.Reason = "closed", serving.OutcomeFailed, a.How+"; it could not compensate, the fleet's monitor did"
	r.ClosedAt, r.UpdatedAt = &at, at
	row, err := newRolloutRow(r)
	if err != nil {
		return fail(err, "abandon rollout %q", a.RolloutID)
	}
	// Its own last words may still be on their way: they win if they have an outcome.
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return tx.Where("outcome = ''").Select("outcome", "updated_at", "doc").Updates(&row).Error
	})
	return fail(err, "abandon rollout %q", a.RolloutID)
}
