package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type stageRow struct {
	RolloutID string `gorm:"primaryKey"`
	Position  int    `gorm:"primaryKey"`
	Fleet     string
	EndedAt   time.Time
	Doc       string
}

func (stageRow) TableName() string                      { return "stages" }
func (r stageRow) record() (serving.StageRecord, error) { return decode[serving.StageRecord](r.Doc) }

// SaveStage keeps a stage of a rollout. A record that ended earlier never
// replaces one that ended later.
func (s *Store) SaveStage(ctx context.Context, st serving.StageRecord) error {
	if err := required("rollout ID", st.RolloutID); err != nil {
		return fail(err, "save stage")
	}
	st.StartedAt, st.EndedAt = utc(st.StartedAt), utc(st.EndedAt)
	doc, err := encode(st)
	if err != nil {
		return fail(err, "save stage %d of rollout %q", st.Index, st.RolloutID)
	}
	row := stageRow{RolloutID: st.RolloutID, Position: st.Index, Fleet: st.Fleet, EndedAt: st.EndedAt, Doc: doc}
	err = upsert{
		key:     []string{"rollout_id", "position"},
		columns: []string{"fleet", "ended_at", "doc"},
		guard:   "excluded.ended_at >= stages.ended_at",
	}.save(ctx, s.db, &row)
	return fail(err, "save stage %d of rollout %q", st.Index, st.RolloutID)
}

// Stages lists the stages of a rollout in order. A rollout without any, or an
// unknown one, has an empty list.
func (s *Store) Stages(ctx context.Context, rolloutID string) ([]serving.StageRecord, error) {
	var rows []stageRow
	if err := s.db.WithContext(ctx).Where("rollout_id = ?", rolloutID).Order("position").Find(&rows).Error; err != nil {
		return nil, fail(err, "stages of rollout %q", rolloutID)
	}
	return recordsOf(rows)
}
