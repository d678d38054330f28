package workflows_test

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/slo"
)

// The methods below are what the store keeps of objectives; tallies is all that
// the world's workflows read back.

func (w *world) SLOCountedUntil(context.Context, string) (time.Time, error) { return time.Time{}, nil }

func (w *world) AddSLOCounts(ctx context.Context, _ string, _, _ time.Time, counts []slo.Count) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counted = append(w.counted, counts...)
	return nil
}

func (w *world) SLOTallies(context.Context, string, time.Time) ([]slo.Tally, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tallies, nil
}

func (w *world) SightViolation(context.Context, string, int, time.Time) error { return nil }
