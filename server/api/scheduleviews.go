package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// ScheduleView is a schedule with what comes and what was.
type ScheduleView struct {
	ID         string `json:"id"`
	Fleet      string `json:"fleet"`
	Name       string `json:"name"`
	Generation int64  `json:"generation"`
	ScheduleTiming
	Overlap     string                     `json:"overlap"`
	Run         *workflows.OptimizeOptions `json:"run,omitempty"`
	Paused      bool                       `json:"paused"`
	PauseReason string                     `json:"pause_reason,omitempty"`
	PausedBy    string                     `json:"paused_by,omitempty"`
	PausedAt    *time.Time                 `json:"paused_at,omitempty"`
	CreatedBy   string                     `json:"created_by,omitempty"`
	CreatedAt   time.Time                  `json:"created_at"`
	UpdatedAt   time.Time                  `json:"updated_at"`
	NextTimes   []time.Time                `json:"next_times" doc:"The next five; none while it is paused."`
	Last        []OccurrenceView           `json:"last" doc:"The last five times, the latest first."`
	Missed      int                        `json:"missed,omitempty" doc:"Times that came while Temporal was away for longer than catch_up_seconds."`
	Partial     bool                       `json:"partial,omitempty" doc:"Temporal does not answer: next_times is not known."`
}

// OccurrenceView is what became of one time at which a schedule was due.
type OccurrenceView struct {
	DueAt  time.Time `json:"due_at"`
	State  string    `json:"state" enum:"started,skipped"`
	Reason string    `json:"reason,omitempty" doc:"Why it was skipped."`
	RunID  string    `json:"run_id,omitempty"`
	// What is known of the run by now.
	Phase     string          `json:"phase,omitempty"`
	Outcome   serving.Outcome `json:"outcome,omitempty"`
	RunReason string          `json:"run_reason,omitempty"`
}

// shownTimes is how many times of either direction a view shows.
const shownTimes = 5

// clockPatience is what one question to the clockwork may take: it needs no worker,
// and without an answer the request must still have time to say so.
const clockPatience = 3 * time.Second

// viewSchedule asks the clockwork what comes, unless it is known not to answer.
func (s *Server) viewSchedule(ctx context.Context, c serving.Schedule, away bool) (ScheduleView, error) {
	out := ScheduleView{ID: c.ID, Fleet: c.Fleet, Name: c.Name, Generation: c.Generation, ScheduleTiming: ScheduleTiming(c.Timing), Overlap: "skip",
		Paused: c.Paused, PauseReason: c.PauseReason, PausedBy: c.PausedBy, PausedAt: c.PausedAt,
		CreatedBy: c.CreatedBy, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, NextTimes: []time.Time{}, Partial: away}
	if len(c.Run) > 0 {
		if err := json.Unmarshal(c.Run, &out.Run); err != nil {
			return out, fmt.Errorf("read what schedule %s starts: %w", c.ID, err)
		}
	}
	if !away {
		clock, err := s.clock(ctx, c)
		if err != nil && !errors.Is(err, ErrUnavailable) {
			return out, err
		}
		out.Partial, out.Missed = err != nil, clock.Missed
		if !c.Paused {
			out.NextTimes = append(out.NextTimes, clock.Next[:min(len(clock.Next), shownTimes)]...)
		}
	}
	var err error
	out.Last, err = s.lastOccurrences(ctx, c.ID)
	return out, err
}

// clock is what keeps the time of a record. One that is not in line with it, since
// a server died between the two or Temporal has lost it, is set anew.
func (s *Server) clock(ctx context.Context, c serving.Schedule) (Clock, error) {
	clock, err := s.askClock(ctx, c.ID)
	if err == nil && clock.Generation == c.Generation {
		return clock, nil
	}
	if err != nil && !errors.Is(err, ErrNoClock) {
		return clock, err
	}
	if err := s.setClock(ctx, c); err != nil {
		return clock, err
	}
	return s.askClock(ctx, c.ID)
}

func (s *Server) askClock(ctx context.Context, id string) (Clock, error) {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	return s.deps.Clockwork.Clock(ctx, id)
}

func (s *Server) setClock(ctx context.Context, c serving.Schedule) error {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	return s.deps.Clockwork.SetClock(ctx, c)
}

func (s *Server) stopClock(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	return s.deps.Clockwork.StopClock(ctx, id)
}

func (s *Server) lastOccurrences(ctx context.Context, id string) ([]OccurrenceView, error) {
	list, err := s.deps.Store.Occurrences(ctx, id, shownTimes)
	if err != nil {
		return nil, err
	}
	out := make([]OccurrenceView, 0, len(list))
	for _, o := range list {
		v := OccurrenceView{DueAt: o.DueAt, State: o.State, Reason: o.Reason, RunID: o.RunID}
		if o.RunID != "" {
			run, err := s.deps.Store.Run(ctx, o.RunID)
			if err != nil && !s.isNotFound(err) { // a run that has just begun has no record yet
				return nil, err
			}
			v.Phase, v.Outcome, v.RunReason = run.Phase, run.Outcome, run.Reason
		}
		out = append(out, v)
	}
	return out, nil
}
