package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type rolloutRow struct {
	ID        string `gorm:"primaryKey"`
	Fleet     string
	Outcome   serving.Outcome
	StartedAt time.Time
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
	Doc       string
}

func (rolloutRow) TableName() string          { return "rollouts" }
func (rolloutRow) keyset() (at, id string)    { return "started_at", "id" }
func (r rolloutRow) texts() map[string]string { return map[string]string{"fleet": r.Fleet} }
func (r rolloutRow) position() position       { return position{At: r.StartedAt, ID: r.ID} }
func (r rolloutRow) record() (serving.RolloutRecord, error) {
	return decode[serving.RolloutRecord](r.Doc)
}

func newRolloutRow(r serving.RolloutRecord) (rolloutRow, error) {
	if err := required("rollout ID", r.ID, "fleet", r.Fleet); err != nil {
		return rolloutRow{}, err
	}
	r.StartedAt, r.UpdatedAt, r.ClosedAt = utc(r.StartedAt), utc(r.UpdatedAt), utcOrNil(r.ClosedAt)
	doc, err := encode(r)
	return rolloutRow{ID: r.ID, Fleet: r.Fleet, Outcome: r.Outcome, StartedAt: r.StartedAt, UpdatedAt: r.UpdatedAt, Doc: doc}, err
}

// SaveRollout keeps a rollout under the rules of SaveRun.
func (s *Store) SaveRollout(ctx context.Context, r serving.RolloutRecord) error {
	row, err := newRolloutRow(r)
	if err != nil {
		return fail(err, "save rollout %q", r.ID)
	}
	err = upsert{
		key:     []string{"id"},
		columns: []string{"fleet", "outcome", "started_at", "updated_at", "doc"},
		guard:   "excluded.updated_at >= rollouts.updated_at AND (rollouts.outcome = '' OR excluded.outcome <> '')",
	}.save(ctx, s.db, &row)
	return fail(err, "save rollout %q", r.ID)
}

// Rollout reads a rollout; an unknown ID is ErrNotFound.
func (s *Store) Rollout(ctx context.Context, id string) (serving.RolloutRecord, error) {
	var row rolloutRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.RolloutRecord{}, fail(err, "rollout %q", id)
	}
	return row.record()
}

// Rollouts lists rollouts, the newest first.
func (s *Store) Rollouts(ctx context.Context, f RunFilter, p Page) ([]serving.RolloutRecord, string, error) {
	return list[rolloutRow](ctx, s, f, p, f.narrow)
}
