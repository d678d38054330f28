package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type trialRow struct {
	RunID     string `gorm:"primaryKey"`
	Number    int    `gorm:"primaryKey"`
	Fleet     string
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"`
	Doc       string
}

func (trialRow) TableName() string                      { return "trials" }
func (r trialRow) record() (serving.TrialRecord, error) { return decode[serving.TrialRecord](r.Doc) }

// SaveTrial keeps a trial of a run. An older record never replaces a newer one.
func (s *Store) SaveTrial(ctx context.Context, t serving.TrialRecord) error {
	if err := required("run ID", t.RunID); err != nil {
		return fail(err, "save trial")
	}
	t.UpdatedAt = utc(t.UpdatedAt)
	doc, err := encode(t)
	if err != nil {
		return fail(err, "save trial %d of run %q", t.Trial.Number, t.RunID)
	}
	row := trialRow{RunID: t.RunID, Number: t.Trial.Number, Fleet: t.Fleet, UpdatedAt: t.UpdatedAt, Doc: doc}
	err = upsert{
		key:     []string{"run_id", "number"},
		columns: []string{"fleet", "updated_at", "doc"},
		guard:   "excluded.updated_at >= trials.updated_at",
	}.save(ctx, s.db, &row)
	return fail(err, "save trial %d of run %q", t.Trial.Number, t.RunID)
}

// Trials lists the trials of a run by number. A run without any, or an unknown
// one, has an empty list.
func (s *Store) Trials(ctx context.Context, runID string) ([]serving.TrialRecord, error) {
	var rows []trialRow
	if err := s.db.WithContext(ctx).Where("run_id = ?", runID).Order("number").Find(&rows).Error; err != nil {
		return nil, fail(err, "trials of run %q", runID)
	}
	return recordsOf(rows)
}

// recentTrials is how many trials of a fleet are worth looking through: those of
// some forty runs.
const recentTrials = 500

// RecentTrials lists the latest trials of a fleet, the newest first.
func (s *Store) RecentTrials(ctx context.Context, fleet string) ([]serving.TrialRecord, error) {
	var rows []trialRow
	err := s.db.WithContext(ctx).Where("fleet = ?", fleet).Order("updated_at DESC").Order("number DESC").Limit(recentTrials).Find(&rows).Error
	if err != nil {
		return nil, fail(err, "trials of fleet %q", fleet)
	}
	return recordsOf(rows)
}
