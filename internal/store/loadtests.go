package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// LoadTestFilter narrows a list of load tests; zero fields do not narrow.
type LoadTestFilter struct {
	Fleet  string
	Within []string // only these fleets; nil is all
	Phase  string
	Open   *bool // still running, or closed
}

func (f LoadTestFilter) narrow(q *gorm.DB) *gorm.DB {
	q = within(q, "fleet", f.Within)
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	if f.Phase != "" {
		q = q.Where("phase = ?", f.Phase)
	}
	switch {
	case f.Open == nil:
	case *f.Open:
		q = q.Where("closed_at IS NULL")
	default:
		q = q.Where("closed_at IS NOT NULL")
	}
	return q
}

type loadTestRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	Phase     string
	StartedAt time.Time
	ClosedAt  *time.Time
	Doc       string
}

func (loadTestRow) TableName() string          { return "load_tests" }
func (loadTestRow) keyset() (at, id string)    { return "started_at", "id" }
func (r loadTestRow) texts() map[string]string { return map[string]string{"fleet": r.Fleet} }
func (r loadTestRow) position() position       { return position{At: r.StartedAt, ID: r.ID} }
func (r loadTestRow) record() (serving.LoadTestRecord, error) {
	return decode[serving.LoadTestRecord](r.Doc)
}

// SaveLoadTest keeps a load test. One that is closed is never opened again.
func (s *Store) SaveLoadTest(ctx context.Context, t serving.LoadTestRecord) error {
	if err := required("load test ID", t.ID); err != nil {
		return fail(err, "save load test")
	}
	t.StartedAt, t.ClosedAt = utc(t.StartedAt), utcOrNil(t.ClosedAt)
	doc, err := encode(t)
	if err != nil {
		return fail(err, "save load test %q", t.ID)
	}
	row := loadTestRow{ID: t.ID, Fleet: t.Fleet, Phase: t.Phase, StartedAt: t.StartedAt, ClosedAt: t.ClosedAt, Doc: doc}
	err = upsert{
		key:     []string{"id"},
		columns: []string{"fleet", "phase", "started_at", "closed_at", "doc"},
		guard:   "load_tests.closed_at IS NULL OR excluded.closed_at IS NOT NULL",
	}.save(ctx, s.db, &row)
	return fail(err, "save load test %q", t.ID)
}

// LoadTest reads a load test; an unknown ID is ErrNotFound.
func (s *Store) LoadTest(ctx context.Context, id string) (serving.LoadTestRecord, error) {
	var row loadTestRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.LoadTestRecord{}, fail(err, "load test %q", id)
	}
	return row.record()
}

// LoadTests lists load tests, the newest first.
func (s *Store) LoadTests(ctx context.Context, f LoadTestFilter, p Page) ([]serving.LoadTestRecord, string, error) {
	return list[loadTestRow](ctx, s, f, p, f.narrow)
}
