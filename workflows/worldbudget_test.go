package workflows_test

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
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

// The methods below are people, who are told everything once.

func (w *world) Targets(string) []string { return []string{"people"} }

func (w *world) Send(_ context.Context, _ string, n serving.Notice) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notices = append(w.notices, n)
	return nil
}

func (w *world) NoticeSent(context.Context, string, string) (bool, error) { return false, nil }

func (w *world) SaveNotice(context.Context, string, string, time.Time) error { return nil }
