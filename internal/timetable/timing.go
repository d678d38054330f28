package timetable

import (
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Bounds of a timing, in seconds. A run takes minutes, so an interval below one
// would only be skipped; Temporal itself makes up for nothing within 10 s.
const (
	LeastInterval = 60
	MostInterval  = 366 * 24 * 3600
	MostJitter    = 24 * 3600
	LeastCatchUp  = 10
	MostCatchUp   = 7 * 24 * 3600
	// DefaultCatchUp lets an occurrence survive a restart of Temporal or of the
	// store, and does not start a night's run at noon.
	DefaultCatchUp = 600
)

// WithDefaults fills in what was not said.
func WithDefaults(t serving.Timing) serving.Timing {
	if t.TimeZone == "" {
		t.TimeZone = "UTC"
	}
	if t.CatchUpSeconds == 0 {
		t.CatchUpSeconds = DefaultCatchUp
	}
	return t
}

// Check says what is wrong with a timing, defaults filled in, as "field: what is
// wrong; how to mend it". The time zone is for the caller to look up.
func Check(t serving.Timing) error {
	switch {
	case t.Cron == "" && t.IntervalSeconds == 0:
		return errors.New(`cron: neither cron nor interval_seconds is given; write "0 3 * * *" for every night at three, or an interval`)
	case t.Cron != "" && t.IntervalSeconds != 0:
		return errors.New("cron: stands beside interval_seconds; give one of them")
	case t.Cron != "":
		if err := checkCron(t.Cron); err != nil {
			return fmt.Errorf("cron: %w", err)
		}
	case t.IntervalSeconds < LeastInterval || t.IntervalSeconds > MostInterval:
		return fmt.Errorf("interval_seconds: %d is out of bounds; use %d..%d", t.IntervalSeconds, LeastInterval, MostInterval)
	}
	return checkBounds(t)
}

func checkBounds(t serving.Timing) error {
	switch {
	case t.JitterSeconds < 0 || t.JitterSeconds > MostJitter:
		return fmt.Errorf("jitter_seconds: %d is out of bounds; use 0..%d", t.JitterSeconds, MostJitter)
	case t.IntervalSeconds != 0 && t.JitterSeconds >= t.IntervalSeconds:
		return errors.New("jitter_seconds: is not below interval_seconds, so occurrences would overtake each other; use less")
	case t.CatchUpSeconds < LeastCatchUp || t.CatchUpSeconds > MostCatchUp:
		return fmt.Errorf("catch_up_seconds: %d is out of bounds; use %d..%d", t.CatchUpSeconds, LeastCatchUp, MostCatchUp)
	case t.StartAt != nil && t.EndAt != nil && !t.StartAt.Before(*t.EndAt):
		return errors.New("end_at: is not after start_at; swap them, or leave one out")
	}
	return nil
}

// Over says whether nothing of a timing is left at a time.
func Over(t serving.Timing, now time.Time) bool { return t.EndAt != nil && !now.Before(*t.EndAt) }
