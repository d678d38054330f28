package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ScheduleBook reads what a schedule is to start. An unknown ID or name is a
// permanent error.
type ScheduleBook interface {
	Schedule(ctx context.Context, id string) (serving.Schedule, error)
	Fleet(ctx context.Context, name string) (serving.Fleet, error)
}

// ScheduleClock is what keeps the time of schedules.
type ScheduleClock interface {
	// Stop ends the clock of a schedule that has no record. One that was made a
	// moment ago goes on: its record may be on its way.
	Stop(ctx context.Context, id string) error
}

// Schedules judges whether what is due may begin.
type Schedules struct {
	book   ScheduleBook
	clock  ScheduleClock
	owners Owners
}

// NewSchedules returns the activities on schedules.
func NewSchedules(book ScheduleBook, clock ScheduleClock, owners Owners) *Schedules {
	return &Schedules{book: book, clock: clock, owners: owners}
}

// DueInput names a schedule whose time has come.
type DueInput struct {
	ScheduleID string `json:"schedule_id"`
}

// DueResult is what is to be started: the run of a fleet as the record of its
// schedule has it now.
type DueResult struct {
	Gone   bool               `json:"gone,omitempty"` // there is no such schedule
	Skip   string             `json:"skip,omitempty"` // why nothing may be started now
	Engine serving.EngineKind `json:"engine,omitempty"`
	Run    json.RawMessage    `json:"run,omitempty"`
}

// Due reads the record anew, whatever the clock was set by: a schedule that was
// paused or changed a moment ago does what its record says.
func (a *Schedules) Due(ctx context.Context, in DueInput) (DueResult, error) {
	schedule, err := a.book.Schedule(ctx, in.ScheduleID)
	if errors.Is(err, serving.ErrPermanent) {
		return DueResult{Gone: true}, a.clock.Stop(ctx, in.ScheduleID)
	}
	if err != nil {
		return DueResult{}, err
	}
	if schedule.Paused {
		return DueResult{Skip: "the schedule is paused: " + schedule.PauseReason}, nil
	}
	fleet, err := a.book.Fleet(ctx, schedule.Fleet)
	if errors.Is(err, serving.ErrPermanent) {
		return DueResult{Skip: "there is no fleet " + schedule.Fleet}, nil
	}
	if err != nil {
		return DueResult{}, err
	}
	out := DueResult{Engine: fleet.Config.Engine, Run: schedule.Run}
	if out.Skip, err = unfit(schedule.Run, fleet); out.Skip != "" || err != nil {
		return out, translate(err)
	}
	out.Skip, err = a.busy(ctx, fleet.Name)
	return out, err
}

// busy says who works on the fleet, by the rule by which the API refuses a start.
func (a *Schedules) busy(ctx context.Context, fleet string) (string, error) {
	owner, err := a.owners.Owners(ctx, fleet)
	switch {
	case err != nil:
		return "", err
	case owner.Run:
		return "a run of the fleet is under way", nil
	case owner.Rollout:
		return "a rollout of the fleet is under way", nil
	}
	return "", nil
}

// unfit says what of a run was good when it was scheduled and is not any more.
func unfit(run json.RawMessage, fleet serving.Fleet) (string, error) {
	if len(run) == 0 {
		return "", nil
	}
	var options struct {
		Candidates []serving.EngineConfig `json:"candidates"`
	}
	if err := json.Unmarshal(run, &options); err != nil {
		return "", fmt.Errorf("read what is scheduled: %w: %w", serving.ErrPermanent, err)
	}
	for i, c := range options.Candidates {
		if c.Engine != fleet.Config.Engine {
			return fmt.Sprintf("candidates[%d] is for %s, and the fleet runs %s now", i, c.Engine, fleet.Config.Engine), nil
		}
	}
	return "", nil
}
