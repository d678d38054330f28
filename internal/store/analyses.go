package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// AnalysisFilter narrows a list of analyses; "" does not narrow.
type AnalysisFilter struct{ Fleet string }

func (f AnalysisFilter) narrow(q *gorm.DB) *gorm.DB {
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	return q
}

type analysisRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	Doc       string
}

func (analysisRow) TableName() string       { return "analyses" }
func (analysisRow) keyset() (at, id string) { return "created_at", "id" }
func (r analysisRow) position() position    { return position{At: r.CreatedAt, ID: r.ID} }
func (r analysisRow) record() (serving.AnalysisRecord, error) {
	return decode[serving.AnalysisRecord](r.Doc)
}

// SaveAnalysis keeps an analysis; saving it again replaces it.
func (s *Store) SaveAnalysis(ctx context.Context, a serving.AnalysisRecord) error {
	if err := required("analysis ID", a.ID, "fleet", a.Fleet); err != nil {
		return fail(err, "save analysis")
	}
	a.CreatedAt = utc(a.CreatedAt)
	doc, err := encode(a)
	if err != nil {
		return fail(err, "save analysis %q", a.ID)
	}
	row := analysisRow{ID: a.ID, Fleet: a.Fleet, CreatedAt: a.CreatedAt, Doc: doc}
	err = upsert{key: []string{"id"}, columns: []string{"fleet", "created_at", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save analysis %q", a.ID)
}

// Analysis reads an analysis; an unknown ID is ErrNotFound.
func (s *Store) Analysis(ctx context.Context, id string) (serving.AnalysisRecord, error) {
	var row analysisRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.AnalysisRecord{}, fail(err, "analysis %q", id)
	}
	return row.record()
}

// Analyses lists analyses, the newest first.
func (s *Store) Analyses(ctx context.Context, f AnalysisFilter, p Page) ([]serving.AnalysisRecord, string, error) {
	return list[analysisRow](ctx, s, f, p, f.narrow)
}
