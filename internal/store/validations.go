package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type validationRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	Phase     string
	StartedAt time.Time
	ClosedAt  *time.Time
	Doc       string
}

func (validationRow) TableName() string       { return "validations" }
func (validationRow) keyset() (at, id string) { return "started_at", "id" }
func (r validationRow) position() position    { return position{At: r.StartedAt, ID: r.ID} }
func (r validationRow) record() (serving.ValidationRecord, error) {
	return decode[serving.ValidationRecord](r.Doc)
}

// SaveValidation keeps a quality check on its own. One that is closed is never
// opened again.
func (s *Store) SaveValidation(ctx context.Context, v serving.ValidationRecord) error {
	if err := required("validation ID", v.ID, "fleet", v.Fleet); err != nil {
		return fail(err, "save validation")
	}
	v.StartedAt, v.ClosedAt = utc(v.StartedAt), utcOrNil(v.ClosedAt)
	doc, err := encode(v)
	if err != nil {
		return fail(err, "save validation %q", v.ID)
	}
	row := validationRow{ID: v.ID, Fleet: v.Fleet, Phase: v.Phase, StartedAt: v.StartedAt, ClosedAt: v.ClosedAt, Doc: doc}
	err = upsert{
		key:     []string{"id"},
		columns: []string{"fleet", "phase", "started_at", "closed_at", "doc"},
		guard:   "validations.closed_at IS NULL OR excluded.closed_at IS NOT NULL",
	}.save(ctx, s.db, &row)
	return fail(err, "save validation %q", v.ID)
}

// Validations lists a fleet's quality checks, the newest first.
func (s *Store) Validations(ctx context.Context, fleet string, p Page) ([]serving.ValidationRecord, string, error) {
	return list[validationRow](ctx, s, fleet, p, func(q *gorm.DB) *gorm.DB { return q.Where("fleet = ?", fleet) })
}
