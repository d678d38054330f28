package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// RunFilter narrows lists of runs and rollouts; zero fields do not narrow.
type RunFilter struct {
	Fleet   string
	Within  []string // only these fleets; nil is all
	Outcome serving.Outcome
	Open    *bool // without an outcome yet, or with one
}

func (f RunFilter) narrow(q *gorm.DB) *gorm.DB {
	q = within(q, "fleet", f.Within)
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	if f.Outcome != "" {
		q = q.Where("outcome = ?", f.Outcome)
	}
	switch {
	case f.Open == nil:
	case *f.Open:
		q = q.Where("outcome = ''")
	default:
		q = q.Where("outcome <> ''")
	}
	return q
}

type runRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	Outcome   serving.Outcome
	StartedAt time.Time
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
	Doc       string
}

func (runRow) TableName() string                    { return "runs" }
func (runRow) keyset() (at, id string)              { return "started_at", "id" }
func (r runRow) texts() map[string]string           { return map[string]string{"fleet": r.Fleet} }
func (r runRow) position() position                 { return position{At: r.StartedAt, ID: r.ID} }
func (r runRow) record() (serving.RunRecord, error) { return decode[serving.RunRecord](r.Doc) }

func newRunRow(r serving.RunRecord) (runRow, error) {
	if err := required("run ID", r.ID, "fleet", r.Fleet); err != nil {
		return runRow{}, err
	}
	r.StartedAt, r.UpdatedAt, r.ClosedAt = utc(r.StartedAt), utc(r.UpdatedAt), utcOrNil(r.ClosedAt)
	doc, err := encode(r)
	return runRow{ID: r.ID, Fleet: r.Fleet, Outcome: r.Outcome, StartedAt: r.StartedAt, UpdatedAt: r.UpdatedAt, Doc: doc}, err
}

// SaveRun keeps a run. An older record (by UpdatedAt) never replaces a newer
// one, and a run that has an outcome is never opened again.
func (s *Store) SaveRun(ctx context.Context, r serving.RunRecord) error {
	row, err := newRunRow(r)
	if err != nil {
		return fail(err, "save run %q", r.ID)
	}
	err = upsert{
		key:     []string{"id"},
		columns: []string{"fleet", "outcome", "started_at", "updated_at", "doc"},
		guard:   "excluded.updated_at >= runs.updated_at AND (runs.outcome = '' OR excluded.outcome <> '')",
	}.save(ctx, s.db, &row)
	return fail(err, "save run %q", r.ID)
}

// Run reads a run; an unknown ID is ErrNotFound.
func (s *Store) Run(ctx context.Context, id string) (serving.RunRecord, error) {
	var row runRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.RunRecord{}, fail(err, "run %q", id)
	}
	return row.record()
}

// Runs lists runs, the newest first.
func (s *Store) Runs(ctx context.Context, f RunFilter, p Page) ([]serving.RunRecord, string, error) {
	return list[runRow](ctx, s, f, p, f.narrow)
}
