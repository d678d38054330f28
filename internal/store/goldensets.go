package store

import (
	"context"

	"gorm.io/gorm/clause"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type goldenSetRow struct {
	ID  string `gorm:"primaryKey"`
	Doc string
}

func (goldenSetRow) TableName() string { return "golden_sets" }

// SaveGoldenSet keeps a set of prompts. Its ID is a hash of its content, so a set
// that is there already is the same one.
func (s *Store) SaveGoldenSet(ctx context.Context, g serving.GoldenSet) error {
	if err := required("golden set ID", g.ID); err != nil {
		return fail(err, "save golden set")
	}
	doc, err := encode(g)
	if err != nil {
		return fail(err, "save golden set %q", g.ID)
	}
	err = s.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&goldenSetRow{ID: g.ID, Doc: doc}).Error
	return fail(err, "save golden set %q", g.ID)
}

// GoldenSet reads a set of prompts; an unknown ID is ErrNotFound.
func (s *Store) GoldenSet(ctx context.Context, id string) (serving.GoldenSet, error) {
	var row goldenSetRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.GoldenSet{}, fail(err, "golden set %q", id)
	}
	return decode[serving.GoldenSet](row.Doc)
}
