package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/series"
)

// rollBatch bounds how many rows are looked for at a time.
const rollBatch = 1000

// RolledUp counts the stretches that RollUp wrote.
type RolledUp struct {
	Minutes int
	Hours   int
}

// RollUp counts every snapshot of a minute that ended in the roll-up of that
// minute, and every minute of an hour that ended in that hour's. A snapshot
// belongs to the minute in which its window ended.
//
// A stretch is computed anew from all its parts, so a repeat, or a second
// process at the same time, changes nothing, and a snapshot that comes late or
// is saved again is counted once. Only where the parts were removed already is a
// late snapshot added to what is there: it comes later than the time for which
// parts are kept. Stretches that cannot be rolled up do not keep others from it;
// their snapshots stay, and the error names them.
func (s *Store) RollUp(ctx context.Context) (RolledUp, error) {
	var out RolledUp
	now := utc(s.now())
	minutes, err := s.unrolledMinutes(ctx, now.Truncate(time.Minute))
	errs := []error{err}
	for _, m := range minutes {
		err := s.rollMinute(ctx, m)
		if err == nil {
			out.Minutes++
		}
		errs = append(errs, fail(err, "roll up %s/%s at %s", m.fleet, m.variant, m.at.Format(time.RFC3339)))
	}
	hours, err := s.unrolledHours(ctx, now.Truncate(time.Hour))
	errs = append(errs, err)
	for _, h := range hours {
		err := s.rollHour(ctx, h)
		if err == nil {
			out.Hours++
		}
		errs = append(errs, fail(err, "roll up %s/%s, hour of %s", h.fleet, h.variant, h.at.Format(time.RFC3339)))
	}
	return out, errors.Join(errs...)
}

// unrolledMinutes are those with a snapshot that is not counted, up to a time.
func (s *Store) unrolledMinutes(ctx context.Context, until time.Time) ([]stretch, error) {
	var out []stretch
	seen := map[stretch]bool{}
	last := snapshotRow{}
	for {
		query := s.db.WithContext(ctx).Select("id", "fleet", "variant", "taken_at").
			Where("NOT rolled AND taken_at < ?", utc(until)).Order("taken_at").Order("id").Limit(rollBatch)
		if last.ID != 0 {
			query = query.Where("(taken_at, id) > (?, ?)", utc(last.TakenAt), last.ID)
		}
		var rows []snapshotRow
		if err := query.Find(&rows).Error; err != nil {
			return out, fail(err, "snapshots to roll up")
		}
		for _, r := range rows {
			m := stretch{r.Fleet, r.Variant, series.Minute, r.TakenAt.UTC().Truncate(time.Minute)}
			if !seen[m] {
				seen[m], out = true, append(out, m)
			}
		}
		if len(rows) < rollBatch {
			return out, nil
		}
		last = rows[len(rows)-1]
	}
}

// rollMinute counts the snapshots of a minute.
func (s *Store) rollMinute(ctx context.Context, m stretch) error {
	return s.holdingHorizons(ctx, func(tx *gorm.DB, h horizons) error {
		gone := m.at.Before(h[series.Raw])
		query := m.within(locked(tx), "taken_at").Order("taken_at")
		if gone {
			query = query.Where("NOT rolled")
		}
		var rows []snapshotRow
		if err := query.Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		parts, err := rollupsOf(rows)
		if err != nil {
			return err
		}
		if err := keepMinute(ctx, tx, m, h, series.Merge(m.at, parts...)); err != nil {
			return err
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		return tx.Model(&snapshotRow{}).Where("id IN ?", ids).Update("rolled", true).Error
	})
}

// keepMinute writes where the minute's snapshots are counted: in its own
// roll-up, or where that was removed already in its hour's, or nowhere.
func keepMinute(ctx context.Context, tx *gorm.DB, m stretch, h horizons, r series.Rollup) error {
	switch {
	case !m.at.Before(h[series.Raw]):
		return m.put(ctx, tx, r)
	case !m.at.Before(h[series.Minute]):
		return m.add(ctx, tx, r)
	case !m.hour().at.Before(h[series.Hour]):
		return m.hour().add(ctx, tx, r)
	}
	return nil
}

// unrolledHours are those with a minute that is not counted, up to a time.
func (s *Store) unrolledHours(ctx context.Context, until time.Time) ([]stretch, error) {
	var rows []rollupRow
	err := s.db.WithContext(ctx).Select("fleet", "variant", "starts_at").Where("NOT rolled AND starts_at < ?", utc(until)).
		Order("starts_at").Find(&rows).Error
	if err != nil {
		return nil, fail(err, "minutes to roll up")
	}
	var out []stretch
	seen := map[stretch]bool{}
	for _, r := range rows {
		b := stretch{r.Fleet, r.Variant, series.Minute, r.StartsAt.UTC()}.hour()
		if !seen[b] {
			seen[b], out = true, append(out, b)
		}
	}
	return out, nil
}

// rollHour counts the minutes of an hour. They are all there: the horizon of
// minutes never passes one that is not counted (see moveHorizon).
func (s *Store) rollHour(ctx context.Context, hour stretch) error {
	return s.holdingHorizons(ctx, func(tx *gorm.DB, _ horizons) error {
		var rows []rollupRow
		minutes := func() *gorm.DB { return hour.within(tx, "starts_at").Where("resolution = ?", series.Minute) }
		if err := minutes().Order("starts_at").Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		parts, err := recordsOf[rollupRow, series.Rollup](rows)
		if err != nil {
			return err
		}
		if err := hour.put(ctx, tx, series.Merge(hour.at, parts...)); err != nil {
			return err
		}
		return minutes().Model(&rollupRow{}).Update("rolled", true).Error
	})
}
