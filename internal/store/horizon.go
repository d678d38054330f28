package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/optiinfra/performance-agent/internal/series"
)

// horizonRow says since when a resolution is complete.
type horizonRow struct {
	Resolution series.Resolution `gorm:"primaryKey"`
	Since      time.Time
}

func (horizonRow) TableName() string { return "horizons" }

// horizons are those of all resolutions.
type horizons map[series.Resolution]time.Time

// KeptSince is when a resolution begins to be complete: what is older may have
// been removed. It is 1970 until the first removal.
func (s *Store) KeptSince(ctx context.Context, res series.Resolution) (time.Time, error) {
	var row horizonRow
	if err := s.db.WithContext(ctx).Where("resolution = ?", res).Limit(1).Find(&row).Error; err != nil {
		return time.Time{}, fail(err, "horizon of %s", res)
	}
	return row.Since.UTC(), nil
}

// holdingHorizons runs work in a transaction that no other process's roll-up or
// removal runs beside. The horizons stay as they are handed out until it ends.
func (s *Store) holdingHorizons(ctx context.Context, work func(tx *gorm.DB, h horizons) error) error {
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		held := horizonRow{Resolution: series.Raw}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&held).Error; err != nil {
			return err
		}
		if err := locked(tx).Where("resolution = ?", series.Raw).Take(&held).Error; err != nil {
			return err
		}
		// Read after the lock was had, and so after what its last holder wrote.
		var rows []horizonRow
		if err := tx.Find(&rows).Error; err != nil {
			return err
		}
		h := horizons{}
		for _, r := range rows {
			h[r.Resolution] = r.Since.UTC()
		}
		return work(tx, h)
	})
}

// moveHorizon gives up what is older, and never takes that back. It returns
// where the horizon then is.
func (s *Store) moveHorizon(ctx context.Context, res series.Resolution, to time.Time) (time.Time, error) {
	at := to
	err := s.holdingHorizons(ctx, func(tx *gorm.DB, h horizons) error {
		if res == series.Minute {
			first, found, err := firstUnrolledMinute(tx)
			if err != nil {
				return err
			}
			if found && first.Before(at) {
				at = first.Truncate(time.Hour)
			}
		}
		if !at.After(h[res]) {
			at = h[res]
			return nil
		}
		row := horizonRow{Resolution: res, Since: utc(at)}
		return upsert{key: []string{"resolution"}, columns: []string{"since"}}.save(ctx, tx, &row)
	})
	return at, fail(err, "move horizon of %s to %s", res, to.Format(time.RFC3339))
}

// firstUnrolledMinute is the oldest one that its hour does not count yet.
func firstUnrolledMinute(tx *gorm.DB) (time.Time, bool, error) {
	var rows []rollupRow
	err := tx.Select("starts_at").Where("NOT rolled").Order("starts_at").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return time.Time{}, false, err
	}
	return rows[0].StartsAt.UTC(), true, nil
}
