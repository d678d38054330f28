package workflows_test

import (
	"context"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The methods below are what the store and the clock have of schedules.

func (w *world) SaveOccurrence(_ context.Context, o serving.Occurrence) error {
	if w.refuse != nil {
		if err := w.refuse("occurrence"); err != nil {
			return err
		}
	}
	return save(w, &w.occurrences, o)
}

func (w *world) Schedule(_ context.Context, id string) (serving.Schedule, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		if err := w.refuse("schedule"); err != nil {
			return serving.Schedule{}, err
		}
	}
	if w.schedule == nil || w.schedule.ID != id {
		return serving.Schedule{}, fmt.Errorf("schedule %q not found: %w", id, serving.ErrPermanent)
	}
	return *w.schedule, nil
}

func (w *world) Stop(_ context.Context, id string) error { return save(w, &w.stopped, id) }
