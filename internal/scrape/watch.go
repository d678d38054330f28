package scrape

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// readEvery is the distance of readings within a window: gauges such as the
// queue length are only seen when they are read.
const readEvery = 2 * time.Second

// pagesAtOnce bounds how many replicas are read at the same time: enough for a
// large fleet within a second, few enough not to be a load of its own.
const pagesAtOnce = 16

// Watch reads every replica now, at the end of the window and in between, and
// returns the readings of each in order of time. The window begins when all were
// read once, so that slow replicas cannot use it up; without a window they are
// read once. A replica that cannot be read ends it with a
// *serving.UnreadableError.
func (s *Scraper) Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error) {
	readings := make([][]serving.Reading, len(endpoints))
	if err := s.readAll(ctx, fleet, endpoints, readings); err != nil {
		return nil, err
	}
	end := time.Now().Add(time.Duration(windowSeconds * float64(time.Second)))
	for left := time.Until(end); left > 0; left = time.Until(end) {
		timer := time.NewTimer(min(left, readEvery))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		if err := s.readAll(ctx, fleet, endpoints, readings); err != nil {
			return nil, err
		}
	}
	return readings, nil
}

// readAll appends one reading of each endpoint.
func (s *Scraper) readAll(ctx context.Context, fleet serving.Fleet, endpoints []string, into [][]serving.Reading) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(pagesAtOnce)
	for i, endpoint := range endpoints {
		group.Go(func() error {
			r, err := s.Read(ctx, fleet, endpoint)
			if err != nil {
				return &serving.UnreadableError{Endpoint: endpoint, Err: err}
			}
			into[i] = append(into[i], r)
			return nil
		})
	}
	return group.Wait()
}
