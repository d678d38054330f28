package store

import (
	"context"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SnapshotFilter narrows a list of snapshots; zero fields do not narrow. From
// and To are inclusive.
type SnapshotFilter struct {
	Fleet    string
	Variant  serving.Variant
	From, To time.Time
}

func (f SnapshotFilter) narrow(q *gorm.DB) *gorm.DB {
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	if f.Variant != "" {
		q = q.Where("variant = ?", f.Variant)
	}
	return between(q, "taken_at", f.From, f.To)
}

// between narrows to a span of time, ends included; a zero end is open.
func between(q *gorm.DB, column string, from, to time.Time) *gorm.DB {
	if !from.IsZero() {
		q = q.Where(column+" >= ?", utc(from))
	}
	if !to.IsZero() {
		q = q.Where(column+" <= ?", utc(to))
	}
	return q
}

type snapshotRow struct {
	ID      int64 `gorm:"primaryKey;autoIncrement"`
	Fleet   string
	Variant serving.Variant
	TakenAt time.Time
	Rolled  bool // counted in a roll-up
	Doc     string
}

func (snapshotRow) TableName() string       { return "snapshots" }
func (snapshotRow) keyset() (at, id string) { return "taken_at", "id" }
func (r snapshotRow) position() position    { return position{At: r.TakenAt, Number: r.ID} }
func (r snapshotRow) record() (serving.SnapshotRecord, error) {
	snapshot, err := decode[serving.Snapshot](r.Doc)
	return serving.SnapshotRecord{ID: r.ID, Fleet: r.Fleet, Variant: r.Variant, TakenAt: r.TakenAt.UTC(), Snapshot: snapshot}, err
}

// SaveSnapshot keeps a measurement under the end of its window.
func (s *Store) SaveSnapshot(ctx context.Context, fleet string, variant serving.Variant, snapshot serving.Snapshot) error {
	_, err := s.AddSnapshot(ctx, serving.SnapshotRecord{Fleet: fleet, Variant: variant, Snapshot: snapshot})
	return err
}

// AddSnapshot keeps a measurement and returns it with its ID. Without TakenAt
// it is filed under the end of its window, or else under the present. A second
// measurement of the same variant and instant replaces the first, and is rolled
// up anew.
func (s *Store) AddSnapshot(ctx context.Context, r serving.SnapshotRecord) (serving.SnapshotRecord, error) {
	if err := required("fleet", r.Fleet, "variant", string(r.Variant)); err != nil {
		return serving.SnapshotRecord{}, fail(err, "save snapshot")
	}
	doc, err := encode(r.Snapshot)
	if err != nil {
		return serving.SnapshotRecord{}, fail(err, "save snapshot of %s/%s", r.Fleet, r.Variant)
	}
	row := snapshotRow{Fleet: r.Fleet, Variant: r.Variant, TakenAt: s.takenAt(r), Doc: doc}
	err = upsert{key: []string{"fleet", "variant", "taken_at"}, columns: []string{"doc", "rolled"}}.save(ctx, s.db, &row)
	if err != nil {
		return serving.SnapshotRecord{}, fail(err, "save snapshot of %s/%s", r.Fleet, r.Variant)
	}
	return row.record()
}

func (s *Store) takenAt(r serving.SnapshotRecord) time.Time {
	switch {
	case !r.TakenAt.IsZero():
		return utc(r.TakenAt)
	case r.Snapshot.EndUnix > 0:
		return time.UnixMicro(int64(math.Round(r.Snapshot.EndUnix * 1e6))).UTC()
	}
	return utc(s.now())
}

// LatestSnapshot reads the newest measurement of a variant; ErrNotFound when
// there is none.
func (s *Store) LatestSnapshot(ctx context.Context, fleet string, variant serving.Variant) (serving.SnapshotRecord, error) {
	var row snapshotRow
	err := s.db.WithContext(ctx).Where("fleet = ? AND variant = ?", fleet, variant).
		Order("taken_at DESC").Order("id DESC").Take(&row).Error
	if err != nil {
		return serving.SnapshotRecord{}, fail(err, "latest snapshot of %s/%s", fleet, variant)
	}
	return row.record()
}

// Snapshots lists measurements, the newest first.
func (s *Store) Snapshots(ctx context.Context, f SnapshotFilter, p Page) ([]serving.SnapshotRecord, string, error) {
	return list[snapshotRow](ctx, s, f, p, f.narrow)
}
