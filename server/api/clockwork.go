package api

import (
	"context"
	"errors"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Clockwork keeps the time of schedules. What it keeps is derived from their
// records and can be made from them again.
type Clockwork interface {
	// SetClock makes the clock of a schedule, or brings it in line with the record.
	SetClock(ctx context.Context, c serving.Schedule) error
	// Clock is what is kept; ErrNoClock where there is none.
	Clock(ctx context.Context, id string) (Clock, error)
	// StopClock ends a clock; none is no error.
	StopClock(ctx context.Context, id string) error
}

// Clock is what is kept of a schedule's time.
type Clock struct {
	// Generation is that of the record by which it was set last.
	Generation int64
	// Next are the coming times, the nearest first.
	Next []time.Time
	// Missed counts the times that came while Temporal was away for too long.
	Missed int
}

// ErrNoClock says that nothing keeps the time of a schedule.
var ErrNoClock = errors.New("no clock")
