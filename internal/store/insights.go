package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type insightRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	Doc       string
}

func (insightRow) TableName() string                  { return "insights" }
func (insightRow) keyset() (at, id string)            { return "created_at", "id" }
func (r insightRow) position() position               { return position{At: r.CreatedAt, ID: r.ID} }
func (r insightRow) record() (serving.Insight, error) { return decode[serving.Insight](r.Doc) }

// SaveInsight keeps an insight; saving it again replaces it.
func (s *Store) SaveInsight(ctx context.Context, i serving.Insight) error {
	if err := required("insight ID", i.ID, "fleet", i.Fleet); err != nil {
		return fail(err, "save insight")
	}
	i.CreatedAt = utc(i.CreatedAt)
	doc, err := encode(i)
	if err != nil {
		return fail(err, "save insight %q", i.ID)
	}
	row := insightRow{ID: i.ID, Fleet: i.Fleet, CreatedAt: i.CreatedAt, Doc: doc}
	err = upsert{key: []string{"id"}, columns: []string{"fleet", "created_at", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save insight %q", i.ID)
}

// Insights lists a fleet's insights, the newest first.
func (s *Store) Insights(ctx context.Context, fleet string, p Page) ([]serving.Insight, string, error) {
	return list[insightRow](ctx, s, fleet, p, func(q *gorm.DB) *gorm.DB { return q.Where("fleet = ?", fleet) })
}

// Insight reads an insight; an unknown ID is ErrNotFound.
func (s *Store) Insight(ctx context.Context, id string) (serving.Insight, error) {
	var row insightRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.Insight{}, fail(err, "insight %q", id)
	}
	return row.record()
}
