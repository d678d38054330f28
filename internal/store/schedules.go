package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// mostSchedules bounds those of one fleet: a fleet runs one optimization at a time,
// and a list shows when each is due next, for which Temporal is asked about each.
const mostSchedules = 20

type scheduleRow struct {
	ID         string `gorm:"primaryKey"`
	Fleet      string
	Name       string
	Generation int64
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  time.Time `gorm:"autoUpdateTime:false"`
	Doc        string
}

func (scheduleRow) TableName() string          { return "schedules" }
func (scheduleRow) keyset() (at, id string)    { return "created_at", "id" }
func (r scheduleRow) texts() map[string]string { return map[string]string{"name": r.Name} }
func (r scheduleRow) position() position       { return position{At: r.CreatedAt, ID: r.ID} }
func (r scheduleRow) record() (serving.Schedule, error) {
	return decode[serving.Schedule](r.Doc)
}

func newScheduleRow(c serving.Schedule) (scheduleRow, error) {
	c.CreatedAt, c.UpdatedAt, c.PausedAt = utc(c.CreatedAt), utc(c.UpdatedAt), utcOrNil(c.PausedAt)
	c.Timing.StartAt, c.Timing.EndAt = utcOrNil(c.Timing.StartAt), utcOrNil(c.Timing.EndAt)
	doc, err := encode(c)
	return scheduleRow{ID: c.ID, Fleet: c.Fleet, Name: c.Name, Generation: c.Generation, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Doc: doc}, err
}

// CreateSchedule stores a new schedule with generation 1. An ID or a name that the
// fleet has already is ErrExists, a fleet that is not there ErrNotFound, and one
// with too many schedules ErrConflict.
func (s *Store) CreateSchedule(ctx context.Context, c serving.Schedule) (serving.Schedule, error) {
	if err := required("schedule ID", c.ID, "fleet", c.Fleet, "schedule name", c.Name); err != nil {
		return serving.Schedule{}, fail(err, "create schedule")
	}
	c.Generation, c.CreatedAt = 1, s.now()
	c.UpdatedAt = c.CreatedAt
	row, err := newScheduleRow(c)
	if err == nil {
		err = s.changeFleet(ctx, c.Fleet, 0, func(tx *gorm.DB, _ fleetRow) error { return insertSchedule(tx, row) })
	}
	if err != nil {
		return serving.Schedule{}, fail(err, "create schedule %q of fleet %q", c.Name, c.Fleet)
	}
	return row.record()
}

func insertSchedule(tx *gorm.DB, row scheduleRow) error {
	var n int64
	if err := tx.Model(&scheduleRow{}).Where("fleet = ? AND name <> ?", row.Fleet, row.Name).Count(&n).Error; err != nil {
		return err
	}
	if n >= mostSchedules {
		return fmt.Errorf("%w: the fleet has %d schedules, which is the most", ErrConflict, n)
	}
	return tx.Create(&row).Error
}

// Schedule reads a schedule; an unknown ID is ErrNotFound.
func (s *Store) Schedule(ctx context.Context, id string) (serving.Schedule, error) {
	var row scheduleRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return serving.Schedule{}, fail(err, "schedule %q", id)
	}
	return row.record()
}

// Schedules lists a fleet's schedules, the newest first.
func (s *Store) Schedules(ctx context.Context, fleet string, p Page) ([]serving.Schedule, string, error) {
	return list[scheduleRow](ctx, s, fleet, p, func(q *gorm.DB) *gorm.DB { return q.Where("fleet = ?", fleet) })
}

// UpdateSchedule replaces what a schedule's record says, but for its ID, fleet and
// creation, and returns it with its new generation. The condition on the
// generation is that of UpdateFleet.
func (s *Store) UpdateSchedule(ctx context.Context, c serving.Schedule, ifGeneration int64) (serving.Schedule, error) {
	var saved serving.Schedule
	err := s.changeSchedule(ctx, c.ID, ifGeneration, func(tx *gorm.DB, stored serving.Schedule) error {
		c.Fleet, c.CreatedAt, c.CreatedBy = stored.Fleet, stored.CreatedAt, stored.CreatedBy
		c.Generation, c.UpdatedAt = stored.Generation+1, s.now()
		row, err := newScheduleRow(c)
		if err != nil {
			return err
		}
		if err := tx.Save(&row).Error; err != nil {
			return err
		}
		saved, err = row.record()
		return err
	})
	return saved, fail(err, "update schedule %q", c.ID)
}

// DeleteSchedule removes a schedule and what became of its occurrences, not the
// runs that they started. The condition on the generation is that of UpdateFleet.
func (s *Store) DeleteSchedule(ctx context.Context, id string, ifGeneration int64) error {
	err := s.changeSchedule(ctx, id, ifGeneration, func(tx *gorm.DB, stored serving.Schedule) error {
		if err := tx.Where("schedule_id = ?", id).Delete(&occurrenceRow{}).Error; err != nil {
			return err
		}
		return tx.Where("id = ?", id).Delete(&scheduleRow{}).Error
	})
	return fail(err, "delete schedule %q", id)
}

// changeSchedule runs change on the stored record while nobody else can write it.
func (s *Store) changeSchedule(ctx context.Context, id string, ifGeneration int64, change func(*gorm.DB, serving.Schedule) error) error {
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var row scheduleRow
		if err := locked(tx).Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		if ifGeneration != 0 && ifGeneration != row.Generation {
			return fmt.Errorf("%w: generation is %d, not %d", ErrStale, row.Generation, ifGeneration)
		}
		stored, err := row.record()
		if err != nil {
			return err
		}
		return change(tx, stored)
	})
}

// forgetSchedules removes all of a fleet that is going away.
func forgetSchedules(tx *gorm.DB, fleet string) error {
	if err := tx.Where("fleet = ?", fleet).Delete(&occurrenceRow{}).Error; err != nil {
		return err
	}
	return tx.Where("fleet = ?", fleet).Delete(&scheduleRow{}).Error
}
