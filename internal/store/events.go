package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// eventRow is keyed by (RunID, Seq). Seq counts within a run, from 1, and is
// given under a lock: a reader who asks for what came after n never misses an
// event that was numbered before n but committed later.
type eventRow struct {
	RunID string `gorm:"primaryKey"`
	Seq   int64  `gorm:"primaryKey;autoIncrement:false"`
	Key   string `gorm:"column:event_key"`
	At    time.Time
	Doc   string
}

func (eventRow) TableName() string { return "events" }
func (r eventRow) record() (serving.EventRecord, error) {
	e, err := decode[serving.EventRecord](r.Doc)
	e.Seq = r.Seq
	return e, err
}

// AppendEvent adds an event to the story of its run and numbers it. One whose
// key the run has already is not added again.
func (s *Store) AppendEvent(ctx context.Context, e serving.EventRecord) error {
	if err := required("run ID", e.RunID, "event key", e.Key); err != nil {
		return fail(err, "append event")
	}
	e.At, e.Seq = utc(e.At), 0
	doc, err := encode(e)
	if err != nil {
		return fail(err, "append event %q of run %q", e.Key, e.RunID)
	}
	row := eventRow{RunID: e.RunID, Key: e.Key, At: e.At, Doc: doc}
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return appendEvent(tx, row) })
	return fail(err, "append event %q of run %q", e.Key, e.RunID)
}

func appendEvent(tx *gorm.DB, row eventRow) error {
	if err := lockRun(tx, row.RunID); err != nil {
		return err
	}
	var last struct {
		Repeats int64
		Seq     int64
	}
	err := tx.Model(&eventRow{}).Where("run_id = ?", row.RunID).
		Select("COALESCE(MAX(seq), 0) AS seq, COUNT(CASE WHEN event_key = ? THEN 1 END) AS repeats", row.Key).
		Scan(&last).Error
	if err != nil || last.Repeats > 0 {
		return err
	}
	row.Seq = last.Seq + 1
	return tx.Create(&row).Error
}

// lockRun lets one transaction at a time append to a run. SQLite has only one
// writer to begin with. Two runs whose names collide in the hash merely wait
// for each other.
func lockRun(tx *gorm.DB, runID string) error {
	if tx.Name() != string(postgresKind) {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "event:"+runID).Error
}

// Events lists the events of a run (or rollout) with a Seq beyond after, in
// order; limit as in Page.
func (s *Store) Events(ctx context.Context, runID string, after int64, limit int) ([]serving.EventRecord, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Where("run_id = ? AND seq > ?", runID, after).
		Order("seq").Limit(Page{Limit: limit}.limit()).Find(&rows).Error
	if err != nil {
		return nil, fail(err, "events of %q", runID)
	}
	return recordsOf(rows)
}
