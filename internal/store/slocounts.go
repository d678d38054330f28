package store

import (
	"context"
	"math"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// fineTallies is how far back tallies are by minute: beyond the day that the
// longest window but one of a 30-day objective reaches. Before it they are by
// hour, which a window of days does not notice.
const fineTallies = 26 * time.Hour

type sloCountRow struct {
	Fleet       string            `gorm:"primaryKey"`
	Resolution  series.Resolution `gorm:"primaryKey"`
	StartsAt    time.Time         `gorm:"primaryKey"`
	Variant     serving.Variant   `gorm:"primaryKey"`
	Indicator   string            `gorm:"primaryKey"`
	Good        float64
	Bad         float64
	GoodMinutes float64
	BadMinutes  float64
}

func (sloCountRow) TableName() string { return "slo_counts" }

func (r sloCountRow) tally() slo.Tally {
	return slo.Tally{Variant: r.Variant, Indicator: r.Indicator, GoodMinutes: r.GoodMinutes, BadMinutes: r.BadMinutes,
		Bucket: slo.Bucket{StartUnix: float64(r.StartsAt.UnixMilli()) / 1000, Seconds: r.Resolution.Length().Seconds(), Good: r.Good, Bad: r.Bad}}
}

// sloCountedRow says until when a fleet's events are counted.
type sloCountedRow struct {
	Fleet string `gorm:"primaryKey"`
	Until time.Time
}

func (sloCountedRow) TableName() string { return "slo_counted" }

// SLOCountedUntil is until when the events of a fleet are counted; zero when none
// ever were.
func (s *Store) SLOCountedUntil(ctx context.Context, fleet string) (time.Time, error) {
	var row sloCountedRow
	if err := s.db.WithContext(ctx).Where("fleet = ?", fleet).Limit(1).Find(&row).Error; err != nil {
		return time.Time{}, fail(err, "counted time of %s", fleet)
	}
	return row.Until.UTC(), nil
}

// AddSLOCounts adds the events of a fleet within [from, until). Where any of that
// time is counted already it changes nothing, so that of two who watch the same
// fleet, or of a repeat, each event counts once. Minutes and hours are added to
// together, and an hour knows which of its minutes kept the objective.
func (s *Store) AddSLOCounts(ctx context.Context, fleet string, from, until time.Time, counts []slo.Count) error {
	if err := required("fleet", fleet); err != nil {
		return fail(err, "count events")
	}
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		counted := sloCountedRow{Fleet: fleet, Until: utc(from)}
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&counted).Error; err != nil {
			return err
		}
		if err := locked(tx).Where("fleet = ?", fleet).Take(&counted).Error; err != nil {
			return err
		}
		if counted.Until.After(utc(from)) {
			return nil
		}
		for _, c := range counts {
			if err := addMinute(ctx, tx, fleet, c); err != nil {
				return err
			}
		}
		return tx.Model(&counted).Update("until", utc(until)).Error
	})
	return fail(err, "count events of %s", fleet)
}

// addMinute adds a count to its minute, and what that changes to its hour.
func addMinute(ctx context.Context, tx *gorm.DB, fleet string, c slo.Count) error {
	starts := time.UnixMilli(int64(math.Round(c.StartUnix * 1000))).UTC()
	minute := sloCountRow{Fleet: fleet, Resolution: series.Minute, StartsAt: utc(starts.Truncate(time.Minute)), Variant: c.Variant, Indicator: c.Indicator}
	hour := minute
	hour.Resolution, hour.StartsAt = series.Hour, utc(starts.Truncate(time.Hour))
	if err := loadCount(tx, &minute); err != nil {
		return err
	}
	if err := loadCount(tx, &hour); err != nil {
		return err
	}
	kept, broken := slo.Minute(minute.Good+c.Good, minute.Bad+c.Bad, c.AllowedShare)
	hour.GoodMinutes += kept - minute.GoodMinutes
	hour.BadMinutes += broken - minute.BadMinutes
	minute.GoodMinutes, minute.BadMinutes = kept, broken
	for _, row := range []*sloCountRow{&minute, &hour} {
		row.Good, row.Bad = row.Good+c.Good, row.Bad+c.Bad
		if err := saveCount(ctx, tx, row); err != nil {
			return err
		}
	}
	return nil
}

// loadCount fills a row with what is stored under its key, if anything is.
func loadCount(tx *gorm.DB, row *sloCountRow) error {
	return tx.Where("fleet = ? AND resolution = ? AND starts_at = ? AND variant = ? AND indicator = ?",
		row.Fleet, row.Resolution, row.StartsAt, row.Variant, row.Indicator).Limit(1).Find(row).Error
}

func saveCount(ctx context.Context, tx *gorm.DB, row *sloCountRow) error {
	return upsert{key: []string{"fleet", "resolution", "starts_at", "variant", "indicator"},
		columns: []string{"good", "bad", "good_minutes", "bad_minutes"}}.save(ctx, tx, row)
}

// SLOTallies reads what was counted of a fleet since a time, in the order of time:
// hours where they are long past, and minutes since.
func (s *Store) SLOTallies(ctx context.Context, fleet string, since time.Time) ([]slo.Tally, error) {
	fine := utc(s.now()).Add(-fineTallies).Truncate(time.Hour)
	var rows []sloCountRow
	err := s.db.WithContext(ctx).Where("fleet = ?", fleet).Where(
		"(resolution = ? AND starts_at >= ? AND starts_at < ?) OR (resolution = ? AND starts_at >= ?)",
		series.Hour, utc(since.Truncate(time.Hour)), fine, series.Minute, utc(later(since.Truncate(time.Minute), fine))).
		Order("starts_at").Order("variant").Order("indicator").Find(&rows).Error
	if err != nil {
		return nil, fail(err, "events of %s", fleet)
	}
	out := make([]slo.Tally, len(rows))
	for i, r := range rows {
		out[i] = r.tally()
	}
	return out, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// pruneSLOCounts removes minutes and hours that are older than they are kept for;
// minutes that are still read by minute stay.
func (s *Store) pruneSLOCounts(ctx context.Context, keep Keep, now time.Time) (int64, error) {
	const sql = `DELETE FROM slo_counts WHERE (fleet, resolution, starts_at, variant, indicator) IN (
		SELECT fleet, resolution, starts_at, variant, indicator FROM slo_counts WHERE resolution = '`
	const rest = `' AND starts_at < ? LIMIT ?)`
	minutes, err := s.deleteAll(ctx, sql+string(series.Minute)+rest, now.Add(-max(keep.Minutes, fineTallies+2*time.Hour)))
	if err != nil {
		return minutes, fail(err, "prune counted minutes")
	}
	hours, err := s.deleteAll(ctx, sql+string(series.Hour)+rest, now.Add(-max(keep.Hours, fineTallies+2*time.Hour)))
	return minutes + hours, fail(err, "prune counted hours")
}
