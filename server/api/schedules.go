package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The record of a schedule is the truth, and its clock follows. Every change sets
// the clock first and the record second: without Temporal nothing has changed, and
// what dies in between is put right from the record, by the next request that reads
// it or, where there is none, by the clock's own next occurrence.

type scheduleOutput struct {
	ETag     string `header:"ETag" doc:"Generation of the record, for If-Match."`
	Location string `header:"Location"`
	Body     ScheduleView
}

func (s *Server) registerSchedules() {
	of := func(method, path, id, summary, action string, status int) route {
		r := route{method: method, path: prefix + path, id: id, group: "schedules", summary: summary, action: action, status: status,
			errors: []int{http.StatusServiceUnavailable}}
		if path == "/schedules/{id}" {
			r.fleetsOf = oneFleet(s.deps.Store.Schedule, func(c serving.Schedule) string { return c.Fleet })
		}
		if action != "" {
			r.errors = append(r.errors, http.StatusConflict, http.StatusPreconditionFailed)
		}
		return r
	}
	handle(s, of(http.MethodPost, "/fleets/{fleet}/schedules", "create-schedule", "Start runs of the fleet by a timetable", "schedule.create", http.StatusCreated), s.createSchedule)
	handleList(s, of(http.MethodGet, "/fleets/{fleet}/schedules", "list-schedules", "The fleet's schedules, newest first", "", 0), []string{"created_at", "name"}, s.listSchedules)
	handle(s, of(http.MethodGet, "/schedules/{id}", "get-schedule", "One schedule: its next times, and what became of the last", "", 0), s.getSchedule)
	handle(s, of(http.MethodPut, "/schedules/{id}", "update-schedule", "Replace a schedule; paused pauses and resumes it", "schedule.update", 0), s.updateSchedule)
	handle(s, of(http.MethodDelete, "/schedules/{id}", "delete-schedule", "Remove a schedule; runs that it started go on", "schedule.delete", http.StatusNoContent), s.deleteSchedule)
}

func (s *Server) shownSchedule(ctx context.Context, c serving.Schedule) (*scheduleOutput, error) {
	view, err := s.viewSchedule(ctx, c, false)
	return &scheduleOutput{ETag: etagOf(c.Generation), Body: view}, err
}

func (s *Server) createSchedule(ctx context.Context, in *struct {
	FleetPath
	Body ScheduleInput
}) (*scheduleOutput, error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	c, err := s.scheduleOf(ctx, f, in.Body)
	if err != nil {
		return nil, err
	}
	c.ID, c.CreatedBy = s.scheduleID(ctx, f.Name), callerOf(ctx).Actor
	saved, err := s.deps.Store.Schedule(ctx, c.ID)
	switch {
	case s.isNotFound(err):
		saved, err = s.keepSchedule(ctx, c)
	case err == nil && (saved.Generation != 1 || saved.Name != c.Name):
		err = newProblem(http.StatusConflict, "exists", "this Idempotency-Key made a schedule long ago; use a new key for a new one")
	}
	if err != nil {
		return nil, err
	}
	remark(ctx, saved.ID, nil, saved)
	out, err := s.shownSchedule(ctx, saved)
	out.Location = prefix + "/schedules/" + saved.ID
	return out, err
}

// scheduleID is the same for the same Idempotency-Key: a request that is sent again
// after a server died in the middle of it finds what it made.
func (s *Server) scheduleID(ctx context.Context, fleet string) string {
	who := callerOf(ctx)
	if who.IdempotencyKey == "" {
		return s.deps.NewID()
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(who.owner()+"\n"+who.IdempotencyKey+"\n"+fleet)).String()
}

func (s *Server) keepSchedule(ctx context.Context, c serving.Schedule) (serving.Schedule, error) {
	c.Generation = 1
	if err := s.setClock(ctx, c); err != nil {
		return c, err
	}
	saved, err := s.deps.Store.CreateSchedule(ctx, c)
	if err != nil {
		s.settle(ctx, c.ID)
	}
	return saved, err
}

// settle brings a clock in line with its record after a change that failed halfway,
// as far as that is possible now.
func (s *Server) settle(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	c, err := s.deps.Store.Schedule(ctx, id)
	switch {
	case s.isNotFound(err):
		err = s.stopClock(ctx, id)
	case err == nil:
		err = s.setClock(ctx, c)
	}
	if err != nil {
		s.deps.Log.WarnContext(ctx, "the clock of a schedule is not in line with its record yet", "schedule", id, "error", err)
	}
}

func (s *Server) listSchedules(ctx context.Context, in *FleetListQuery) (*body[Page[ScheduleView]], error) {
	if _, err := s.deps.Store.Fleet(ctx, in.Fleet); err != nil {
		return nil, err
	}
	q := in.query()
	q.Fleet = in.Fleet
	page, err := s.deps.Store.ListSchedules(ctx, q)
	if err != nil {
		return nil, err
	}
	out := Page[ScheduleView]{Items: []ScheduleView{}, Next: page.Next}
	away := false
	for _, c := range page.Items {
		view, err := s.viewSchedule(ctx, c, away)
		if err != nil {
			return nil, err
		}
		away = view.Partial
		out.Items = append(out.Items, view)
	}
	return answer(out), nil
}

func (s *Server) getSchedule(ctx context.Context, in *IDPath) (*scheduleOutput, error) {
	c, err := s.deps.Store.Schedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.shownSchedule(ctx, c)
}

func (s *Server) updateSchedule(ctx context.Context, in *struct {
	IDPath
	IfMatch
	Body ScheduleInput
}) (*scheduleOutput, error) {
	old, f, err := s.scheduleToChange(ctx, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	next, err := s.scheduleOf(ctx, f, in.Body)
	if err != nil {
		return nil, err
	}
	next.ID, next.Generation, next.CreatedBy, next.CreatedAt = old.ID, old.Generation+1, old.CreatedBy, old.CreatedAt
	if old.Paused && next.Paused {
		next.PausedBy, next.PausedAt = old.PausedBy, old.PausedAt
	}
	if err := s.setClock(ctx, next); err != nil {
		return nil, err
	}
	saved, err := s.deps.Store.UpdateSchedule(ctx, next, old.Generation)
	if err != nil {
		s.settle(ctx, in.ID)
		return nil, err
	}
	remark(ctx, saved.ID, old, saved)
	return s.shownSchedule(ctx, saved)
}

func (s *Server) scheduleToChange(ctx context.Context, id string, match IfMatch) (serving.Schedule, serving.Fleet, error) {
	old, err := s.deps.Store.Schedule(ctx, id)
	if err != nil {
		return old, serving.Fleet{}, err
	}
	if err := checkMatch(match.IfMatch, "schedule", old.Generation); err != nil {
		return old, serving.Fleet{}, err
	}
	f, err := s.deps.Store.Fleet(ctx, old.Fleet)
	return old, f, err
}

func (s *Server) deleteSchedule(ctx context.Context, in *struct {
	IDPath
	IfMatch
}) (*struct{}, error) {
	old, _, err := s.scheduleToChange(ctx, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := s.stopClock(ctx, old.ID); err != nil {
		return nil, err
	}
	err = s.deps.Store.DeleteSchedule(ctx, old.ID, old.Generation)
	// A reader may have set the clock again before the record went.
	s.settle(ctx, old.ID)
	if err == nil {
		remark(ctx, old.ID, old, nil)
	}
	return nil, err
}

// stopSchedules ends the clocks of a fleet that goes away. It returns what puts
// right whatever a reader did in between.
func (s *Server) stopSchedules(ctx context.Context, fleet string) (after func(), err error) {
	page, err := s.deps.Store.ListSchedules(ctx, Query{Fleet: fleet, Limit: mostListed})
	if err != nil {
		return nil, err
	}
	for _, c := range page.Items {
		if err := s.stopClock(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	return func() {
		for _, c := range page.Items {
			s.settle(ctx, c.ID)
		}
	}, nil
}

// mostListed is above what a fleet may have of schedules.
const mostListed = 200
