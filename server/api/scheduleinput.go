package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/timetable"
	"github.com/optiinfra/performance-agent/workflows"
)

// ScheduleTiming is serving.Timing with its documentation.
type ScheduleTiming struct {
	Cron            string     `json:"cron,omitempty" maxLength:"200" example:"0 3 * * 1-5" doc:"Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly."`
	IntervalSeconds int        `json:"interval_seconds,omitempty" doc:"Instead of cron; counted from 1970-01-01T00:00:00Z, so 3600 is on the hour."`
	TimeZone        string     `json:"time_zone,omitempty" maxLength:"64" example:"Europe/Berlin" doc:"IANA name in which cron is read; UTC by default."`
	JitterSeconds   int        `json:"jitter_seconds,omitempty" doc:"Each time is put off at random by at most so much."`
	StartAt         *time.Time `json:"start_at,omitempty" doc:"Nothing is due before."`
	EndAt           *time.Time `json:"end_at,omitempty" doc:"Nothing is due from then on."`
	CatchUpSeconds  int        `json:"catch_up_seconds,omitempty" doc:"How late a run may still begin after Temporal, a worker or the store was away; 600 by default."`
}

// ScheduleInput is a schedule as people write it.
type ScheduleInput struct {
	Name string `json:"name" required:"true" minLength:"1" maxLength:"63" pattern:"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" patternDescription:"lower-case letters, digits and dashes" example:"nightly" doc:"Unique among the fleet's schedules."`
	ScheduleTiming
	Overlap     string                     `json:"overlap,omitempty" enum:"skip" default:"skip" doc:"A time that comes while a run or a rollout works on the fleet is skipped and recorded; there is no other policy."`
	Run         *workflows.OptimizeOptions `json:"run,omitempty" doc:"Body of POST /fleets/{fleet}/runs; without override_reason."`
	Paused      bool                       `json:"paused,omitempty" doc:"true pauses, false resumes; a run that is under way goes on."`
	PauseReason string                     `json:"pause_reason,omitempty" maxLength:"500" doc:"Why it is paused, for others."`
}

// scheduleOf checks what somebody wrote and makes it a record.
func (s *Server) scheduleOf(ctx context.Context, f serving.Fleet, in ScheduleInput) (serving.Schedule, error) {
	timing := timetable.WithDefaults(serving.Timing(in.ScheduleTiming))
	if err := timetable.Check(timing); err != nil {
		return serving.Schedule{}, invalidField("body", err)
	}
	if zone, err := time.LoadLocation(timing.TimeZone); err != nil || zone == time.Local {
		return serving.Schedule{}, invalid("body.time_zone", "is not a time zone that is known here", "use an IANA name, for example Europe/Berlin or UTC")
	}
	if timetable.Over(timing, s.deps.Now()) {
		return serving.Schedule{}, invalid("body.end_at", "has passed, so it would never run", "give a later time, or leave it out")
	}
	out := serving.Schedule{Fleet: f.Name, Name: in.Name, Timing: timing}
	if in.Paused {
		now := s.deps.Now().UTC()
		out.Paused, out.PauseReason, out.PausedBy, out.PausedAt = true, in.PauseReason, callerOf(ctx).Actor, &now
	}
	return out, s.scheduleRun(ctx, f, in.Run, &out)
}

// scheduleRun checks what is to be started as if it were started now.
func (s *Server) scheduleRun(ctx context.Context, f serving.Fleet, run *workflows.OptimizeOptions, out *serving.Schedule) error {
	if run == nil {
		return nil
	}
	if run.OverrideReason != "" {
		return invalid("body.run.override_reason", "a schedule cannot know what will forbid its runs", "leave it out, and start a run by hand when you must")
	}
	if err := s.checkRun(ctx, "body.run", f, *run); err != nil {
		return err
	}
	text, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("encode the run: %w", err)
	}
	out.Run = text
	return nil
}
