package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Statuses of a recommendation. A decision is final.
const (
	StatusOpen      = "open"
	StatusAccepted  = "accepted"
	StatusDismissed = "dismissed"
)

// RecommendationFilter narrows a list of recommendations; "" does not narrow.
type RecommendationFilter struct{ Fleet, Status string }

func (f RecommendationFilter) narrow(q *gorm.DB) *gorm.DB {
	if f.Fleet != "" {
		q = q.Where("fleet = ?", f.Fleet)
	}
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	return q
}

type recommendationRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	Status    string
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	Doc       string
}

func (recommendationRow) TableName() string       { return "recommendations" }
func (recommendationRow) keyset() (at, id string) { return "created_at", "id" }
func (r recommendationRow) position() position    { return position{At: r.CreatedAt, ID: r.ID} }
func (r recommendationRow) record() (serving.RecommendationRecord, error) {
	return decode[serving.RecommendationRecord](r.Doc)
}

func newRecommendationRow(r serving.RecommendationRecord) (recommendationRow, error) {
	if err := required("recommendation ID", r.ID, "fleet", r.Fleet); err != nil {
		return recommendationRow{}, err
	}
	if r.Status == "" {
		r.Status = StatusOpen
	}
	r.CreatedAt, r.DecidedAt = utc(r.CreatedAt), utcOrNil(r.DecidedAt)
	doc, err := encode(r)
	return recommendationRow{ID: r.ID, Fleet: r.Fleet, Status: r.Status, CreatedAt: r.CreatedAt, Doc: doc}, err
}

// SaveRecommendations keeps recommendations, all of them or none. One that was
// decided meanwhile stays as it is.
func (s *Store) SaveRecommendations(ctx context.Context, list []serving.RecommendationRecord) error {
	rows := make([]recommendationRow, 0, len(list))
	for _, r := range list {
		row, err := newRecommendationRow(r)
		if err != nil {
			return fail(err, "save recommendation %q", r.ID)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	err := upsert{
		key:     []string{"id"},
		columns: []string{"fleet", "status", "created_at", "doc"},
		guard:   "recommendations.status = '" + StatusOpen + "'",
	}.save(ctx, s.db, &rows)
	return fail(err, "save %d recommendations", len(rows))
}

// DecideRecommendation records a decision and who took it. The same decision
// again keeps the first; another one is ErrConflict.
func (s *Store) DecideRecommendation(ctx context.Context, id, status, who string, at time.Time) (serving.RecommendationRecord, error) {
	var out serving.RecommendationRecord
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var row recommendationRow
		if err := locked(tx).Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		stored, err := row.record()
		if err != nil {
			return err
		}
		if out, err = decided(stored, status, who, at); err != nil {
			return err
		}
		if row, err = newRecommendationRow(out); err != nil {
			return err
		}
		if err := tx.Save(&row).Error; err != nil {
			return err
		}
		out, err = row.record()
		return err
	})
	return out, fail(err, "decide recommendation %q", id)
}

func decided(r serving.RecommendationRecord, status, who string, at time.Time) (serving.RecommendationRecord, error) {
	switch {
	case status != StatusAccepted && status != StatusDismissed:
		return r, fmt.Errorf("%w: status %q, use %s or %s", ErrInvalid, status, StatusAccepted, StatusDismissed)
	case r.Status == status:
		return r, nil
	case r.Status != StatusOpen:
		return r, fmt.Errorf("%w: already %s by %s", ErrConflict, r.Status, r.DecidedBy)
	}
	r.Status, r.DecidedBy, r.DecidedAt = status, who, &at
	return r, nil
}

// Recommendation reads a recommendation; an unknown ID is ErrNotFound.
func (s *Store) Recommendation(ctx context.Context, id string) (serving.RecommendationRecord, error) {
	var row recommendationRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.RecommendationRecord{}, fail(err, "recommendation %q", id)
	}
	return row.record()
}

// Recommendations lists recommendations, the newest first.
func (s *Store) Recommendations(ctx context.Context, f RecommendationFilter, p Page) ([]serving.RecommendationRecord, string, error) {
	return list[recommendationRow](ctx, s, f, p, f.narrow)
}
