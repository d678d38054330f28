package api_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func (s *fakeStore) CreateSchedule(_ context.Context, c serving.Schedule) (serving.Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return c, s.fail
	}
	for _, o := range s.schedules {
		if o.ID == c.ID || o.Fleet == c.Fleet && o.Name == c.Name {
			return c, fmt.Errorf("schedule %q: %w", c.Name, errThere)
		}
	}
	c.Generation = 1
	s.schedules[c.ID] = c
	return c, nil
}

func (s *fakeStore) Schedule(_ context.Context, id string) (serving.Schedule, error) {
	return one(s, s.schedules, "schedule", id)
}

func (s *fakeStore) ListSchedules(_ context.Context, q api.Query) (api.Page[serving.Schedule], error) {
	page, err := listOf(s, s.schedules, q)
	out := api.Page[serving.Schedule]{Next: page.Next}
	for _, c := range page.Items {
		if c.Fleet == q.Fleet {
			out.Items = append(out.Items, c)
		}
	}
	return out, err
}

func (s *fakeStore) UpdateSchedule(_ context.Context, c serving.Schedule, generation int64) (serving.Schedule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return c, s.fail
	}
	if s.schedules[c.ID].Generation != generation {
		return c, fmt.Errorf("schedule %q: %w", c.ID, errOld)
	}
	s.schedules[c.ID] = c
	return c, nil
}

func (s *fakeStore) DeleteSchedule(_ context.Context, id string, generation int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schedules[id].Generation != generation {
		return fmt.Errorf("schedule %q: %w", id, errOld)
	}
	delete(s.schedules, id)
	return nil
}

func (s *fakeStore) Occurrences(_ context.Context, id string, limit int) ([]serving.Occurrence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []serving.Occurrence
	for _, o := range s.occurred {
		if o.ScheduleID == id && len(out) < limit {
			out = append(out, o)
		}
	}
	return out, nil
}

// fakeClocks keeps by which record each clock was set. before is called ahead of
// each change, outside the lock, as somebody else would act meanwhile.
type fakeClocks struct {
	mu     sync.Mutex
	set    map[string]serving.Schedule
	err    error
	before func()
}

func (f *fakeClocks) change(effect func()) error {
	if f.before != nil {
		f.before()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	effect()
	return nil
}

func (f *fakeClocks) SetClock(_ context.Context, c serving.Schedule) error {
	return f.change(func() { f.set[c.ID] = c })
}

func (f *fakeClocks) StopClock(_ context.Context, id string) error {
	return f.change(func() { delete(f.set, id) })
}

// Clock is due every hour from an hour on which the epoch of these tests begins.
func (f *fakeClocks) Clock(_ context.Context, id string) (api.Clock, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, there := f.set[id]
	switch {
	case f.err != nil:
		return api.Clock{}, f.err
	case !there:
		return api.Clock{}, api.ErrNoClock
	}
	out := api.Clock{Generation: c.Generation, Missed: 2}
	for i := range 10 {
		out.Next = append(out.Next, time.Unix(1_800_000_000, 0).UTC().Add(time.Duration(i)*time.Hour))
	}
	return out, nil
}
