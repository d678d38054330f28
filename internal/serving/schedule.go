package serving

import (
	"encoding/json"
	"time"
)

// Schedule starts a run of a fleet again and again. Its record says what happens;
// Temporal only keeps the time.
type Schedule struct {
	ID         string `json:"id"`
	Fleet      string `json:"fleet"`
	Name       string `json:"name"` // unique among the fleet's schedules
	Generation int64  `json:"generation"`
	Timing     Timing `json:"timing"`
	// Run is the body of a run's start, as JSON; nil is all defaults.
	Run         json.RawMessage `json:"run,omitempty"`
	Paused      bool            `json:"paused,omitempty"`
	PauseReason string          `json:"pause_reason,omitempty"`
	PausedBy    string          `json:"paused_by,omitempty"`
	PausedAt    *time.Time      `json:"paused_at,omitempty"`
	CreatedBy   string          `json:"created_by,omitempty"`
	CreatedAt   time.Time       `json:"created_at"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

// Actor is whom the runs of the schedule are requested by, in records and in the
// audit log.
func (s Schedule) Actor() string { return "schedule:" + s.ID }

// Timing says when a schedule is due: by a cron expression or by an interval.
type Timing struct {
	// Cron has five fields, minute hour day-of-month month day-of-week, or is one of
	// @hourly, @daily, @weekly, @monthly and @yearly.
	Cron string `json:"cron,omitempty"`
	// IntervalSeconds counts from 1970-01-01T00:00:00Z, so 3600 is on the hour.
	IntervalSeconds int `json:"interval_seconds,omitempty"`
	// TimeZone is an IANA name; "" is UTC.
	TimeZone string `json:"time_zone,omitempty"`
	// JitterSeconds delays each occurrence by a random time of at most so much.
	JitterSeconds int        `json:"jitter_seconds,omitempty"`
	StartAt       *time.Time `json:"start_at,omitempty"`
	EndAt         *time.Time `json:"end_at,omitempty"`
	// CatchUpSeconds is how late an occurrence may still be made up for after
	// Temporal or the store was away.
	CatchUpSeconds int `json:"catch_up_seconds,omitempty"`
}

// What became of an occurrence of a schedule.
const (
	OccurrenceStarted = "started"
	OccurrenceSkipped = "skipped"
)

// Occurrence is one time at which a schedule was due; Key is the RunID of the
// workflow that acted on it.
type Occurrence struct {
	Key        string    `json:"key"`
	ScheduleID string    `json:"schedule_id"`
	Fleet      string    `json:"fleet"`
	DueAt      time.Time `json:"due_at"`
	At         time.Time `json:"at"` // when it was acted on
	State      string    `json:"state"`
	Reason     string    `json:"reason,omitempty"` // why it was skipped
	RunID      string    `json:"run_id,omitempty"` // of the run that it started
}
