package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
)

type rollupRow struct {
	Fleet      string            `gorm:"primaryKey"`
	Variant    serving.Variant   `gorm:"primaryKey"`
	Resolution series.Resolution `gorm:"primaryKey"`
	StartsAt   time.Time         `gorm:"primaryKey"`
	Rolled     bool
	Doc        string
}

func (rollupRow) TableName() string { return "rollups" }
func (r rollupRow) record() (series.Rollup, error) {
	out, err := decode[series.Rollup](r.Doc)
	out.At = r.StartsAt.UTC()
	return out, err
}

// stretch is one variant's minute or hour.
type stretch struct {
	fleet   string
	variant serving.Variant
	res     series.Resolution
	at      time.Time
}

func (b stretch) end() time.Time { return b.at.Add(b.res.Length()) }

// within narrows to the rows of the stretch, by the column of their time.
func (b stretch) within(tx *gorm.DB, column string) *gorm.DB {
	return tx.Where("fleet = ? AND variant = ?", b.fleet, b.variant).
		Where(column+" >= ? AND "+column+" < ?", utc(b.at), utc(b.end()))
}

// hour that a minute belongs to.
func (b stretch) hour() stretch {
	return stretch{b.fleet, b.variant, series.Hour, b.at.Truncate(time.Hour)}
}

// put writes the roll-up of a stretch; the hour must count it anew.
func (b stretch) put(ctx context.Context, tx *gorm.DB, r series.Rollup) error {
	doc, err := encode(r)
	if err != nil {
		return err
	}
	row := rollupRow{Fleet: b.fleet, Variant: b.variant, Resolution: b.res, StartsAt: utc(b.at), Rolled: b.res == series.Hour, Doc: doc}
	return upsert{key: []string{"fleet", "variant", "resolution", "starts_at"}, columns: []string{"doc", "rolled"}}.save(ctx, tx, &row)
}

// add counts more in a stretch of which the parts are gone.
func (b stretch) add(ctx context.Context, tx *gorm.DB, more series.Rollup) error {
	var row rollupRow
	found := tx.Where("fleet = ? AND variant = ? AND resolution = ? AND starts_at = ?", b.fleet, b.variant, b.res, utc(b.at)).
		Limit(1).Find(&row)
	if found.Error != nil {
		return found.Error
	}
	if found.RowsAffected == 0 {
		return b.put(ctx, tx, series.Merge(b.at, more))
	}
	old, err := row.record()
	if err != nil {
		return err
	}
	return b.put(ctx, tx, series.Merge(b.at, old, more))
}

// Rollups reads what was measured on a variant from one time to another, in the
// order of time and at most limit of them, the earliest first. At the raw
// resolution each is one snapshot; otherwise those whose stretch begins in the
// span. The present stretch is not there yet (see RollUp).
func (s *Store) Rollups(ctx context.Context, fleet string, variant serving.Variant, res series.Resolution, from, to time.Time, limit int) ([]series.Rollup, error) {
	query := s.db.WithContext(ctx).Where("fleet = ? AND variant = ?", fleet, variant).Limit(limit)
	if res == series.Raw {
		var rows []snapshotRow
		if err := between(query, "taken_at", from, to).Order("taken_at").Find(&rows).Error; err != nil {
			return nil, fail(err, "history of %s/%s", fleet, variant)
		}
		return rollupsOf(rows)
	}
	var rows []rollupRow
	if err := between(query, "starts_at", from, to).Where("resolution = ?", res).Order("starts_at").Find(&rows).Error; err != nil {
		return nil, fail(err, "history of %s/%s by %s", fleet, variant, res)
	}
	return recordsOf[rollupRow, series.Rollup](rows)
}

func rollupsOf(rows []snapshotRow) ([]series.Rollup, error) {
	out := make([]series.Rollup, 0, len(rows))
	for _, row := range rows {
		r, err := row.record()
		if err != nil {
			return nil, err
		}
		out = append(out, series.Of(r))
	}
	return out, nil
}
