package store

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type occurrenceRow struct {
	OccurrenceKey string `gorm:"primaryKey"`
	ScheduleID    string
	Fleet         string
	At            time.Time
	Doc           string
}

func (occurrenceRow) TableName() string { return "occurrences" }
func (r occurrenceRow) record() (serving.Occurrence, error) {
	return decode[serving.Occurrence](r.Doc)
}

// SaveOccurrence keeps what became of an occurrence; saving it again replaces it.
func (s *Store) SaveOccurrence(ctx context.Context, o serving.Occurrence) error {
	if err := required("occurrence key", o.Key, "schedule ID", o.ScheduleID, "fleet", o.Fleet); err != nil {
		return fail(err, "save occurrence")
	}
	o.At, o.DueAt = utc(o.At), utc(o.DueAt)
	doc, err := encode(o)
	if err != nil {
		return fail(err, "save occurrence %q", o.Key)
	}
	row := occurrenceRow{OccurrenceKey: o.Key, ScheduleID: o.ScheduleID, Fleet: o.Fleet, At: o.At, Doc: doc}
	err = upsert{key: []string{"occurrence_key"}, columns: []string{"schedule_id", "fleet", "at", "doc"}}.save(ctx, s.db, &row)
	return fail(err, "save occurrence %q", o.Key)
}

// Occurrences are the last ones of a schedule, the latest first; limit as in Page.
func (s *Store) Occurrences(ctx context.Context, scheduleID string, limit int) ([]serving.Occurrence, error) {
	var rows []occurrenceRow
	err := s.db.WithContext(ctx).Where("schedule_id = ?", scheduleID).
		Order("at DESC").Order("occurrence_key DESC").Limit(Page{Limit: limit}.limit()).Find(&rows).Error
	if err != nil {
		return nil, fail(err, "occurrences of schedule %q", scheduleID)
	}
	return recordsOf(rows)
}
