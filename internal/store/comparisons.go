package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ComparisonFilter narrows a list of comparisons; "" does not narrow.
type ComparisonFilter struct {
	Fleet  string
	Within []string // only these fleets; nil is all
}

func (f ComparisonFilter) narrow(q *gorm.DB) *gorm.DB {
	q = within(q, "fleet", f.Within)
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	return q
}

type comparisonRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	Doc       string
}

func (comparisonRow) TableName() string          { return "comparisons" }
func (comparisonRow) keyset() (at, id string)    { return "created_at", "id" }
func (r comparisonRow) texts() map[string]string { return map[string]string{"fleet": r.Fleet} }
func (r comparisonRow) position() position       { return position{At: r.CreatedAt, ID: r.ID} }
func (r comparisonRow) record() (serving.ComparisonRecord, error) {
	return decode[serving.ComparisonRecord](r.Doc)
}

// SaveComparison keeps a comparison; saving it again replaces it.
func (s *Store) SaveComparison(ctx context.Context, c serving.ComparisonRecord) error {
	if err := required("comparison ID", c.ID, "fleet", c.Fleet); err != nil {
		return fail(err, "save comparison")
	}
	c.CreatedAt = utc(c.CreatedAt)
	doc, err := encode(c)
	if err != nil {
		return fail(err, "save comparison %q", c.ID)
	}
	row := comparisonRow{ID: c.ID, Fleet: c.Fleet, CreatedAt: c.CreatedAt, Doc: doc}
	err = upsert{key: []string{"id"}, columns: []string{"fleet", "created_at", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save comparison %q", c.ID)
}

// Comparison reads a comparison; an unknown ID is ErrNotFound.
func (s *Store) Comparison(ctx context.Context, id string) (serving.ComparisonRecord, error) {
	var row comparisonRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.ComparisonRecord{}, fail(err, "comparison %q", id)
	}
	return row.record()
}

// Comparisons lists comparisons, the newest first.
func (s *Store) Comparisons(ctx context.Context, f ComparisonFilter, p Page) ([]serving.ComparisonRecord, string, error) {
	return list[comparisonRow](ctx, s, f, p, f.narrow)
}
