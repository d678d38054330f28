package scale

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// Load is what is measured.
type Load struct {
	Fleets int           `json:"fleets"` // at the end; a quarter and a half of them before
	Length time.Duration `json:"length_ns"`
	// Breaks are the fleets that break at the end, one after the other.
	Breaks int `json:"breaks"`
}

// Step is one number of fleets.
type Step struct {
	Fleets  int     `json:"fleets"`
	Seconds float64 `json:"seconds"` // measured, without the start
	// CPUShare is what the worker used of one processor.
	CPUShare float64 `json:"worker_cpu_share"`
	RSSBytes int64   `json:"worker_rss_bytes"`
	// Events in Temporal and Rows in the database, an hour, of all fleets.
	EventsPerHour float64 `json:"events_per_hour"`
	RowsPerHour   float64 `json:"rows_per_hour"`
}

// measure adds fleets in steps, and at the end breaks some.
func measure(ctx context.Context, s *stack, load Load, told func(Step)) ([]Step, []float64, error) {
	var steps []Step
	watched := 0
	length := load.Length / 3
	for _, n := range []int{load.Fleets / 4, load.Fleets / 2, load.Fleets} {
		if err := s.watch(ctx, watched, n); err != nil {
			return steps, nil, err
		}
		watched = n
		if err := pause(ctx, length/4); err != nil { // starts cost once
			return steps, nil, err
		}
		step, err := s.step(ctx, n, length-length/4)
		if err != nil {
			return steps, nil, err
		}
		told(step)
		steps = append(steps, step)
	}
	late, err := s.breakSome(ctx, load.Breaks)
	return steps, late, err
}

// watch registers fleets and starts their monitors.
func (s *stack) watch(ctx context.Context, from, to int) error {
	for i := from; i < to; i++ {
		fleet, err := s.db.CreateFleet(ctx, recordOf(i, s.fleets.Addresses[i+1]))
		if err != nil {
			return fmt.Errorf("register fleet %d: %w", i, err)
		}
		_, err = s.temporal.Client().ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.MonitorID(fleet.Name), TaskQueue: workflows.QueueMain},
			workflows.Monitor, workflows.MonitorInput{Fleet: fleet.Name})
		if err != nil {
			return fmt.Errorf("start the monitor of %s: %w", fleet.Name, err)
		}
	}
	return nil
}

// count is everything that grows.
type count struct {
	at     time.Time
	usage  self.Usage
	events int64
	rows   int
}

func (s *stack) count(ctx context.Context, fleets int) (count, error) {
	c := count{at: time.Now()}
	var err error
	if c.usage, err = self.UsageOf(s.worker.Process.Pid); err != nil {
		return c, err
	}
	if c.rows, err = s.countRows(ctx); err != nil {
		return c, err
	}
	for i := range fleets {
		d, err := s.temporal.Client().DescribeWorkflowExecution(ctx, workflows.MonitorID(recordOf(i, "").Name), "")
		if err != nil {
			return c, fmt.Errorf("length of a history: %w", err)
		}
		c.events += d.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return c, nil
}

func (s *stack) step(ctx context.Context, fleets int, length time.Duration) (Step, error) {
	before, err := s.count(ctx, fleets)
	if err != nil {
		return Step{}, err
	}
	if err := pause(ctx, length); err != nil {
		return Step{}, err
	}
	after, err := s.count(ctx, fleets)
	return stepOf(fleets, before, after), err
}

func stepOf(fleets int, before, after count) Step {
	seconds := after.at.Sub(before.at).Seconds()
	return Step{Fleets: fleets, Seconds: seconds, CPUShare: (after.usage.CPU - before.usage.CPU).Seconds() / seconds, RSSBytes: after.usage.RSS,
		EventsPerHour: float64(after.events-before.events) / seconds * 3600, RowsPerHour: float64(after.rows-before.rows) / seconds * 3600}
}

// foundWithin is how long the watch may take until it counts as blind.
const foundWithin = 2 * time.Minute

// breakSome breaks fleets one after the other and gives how late each was noticed, in
// seconds, by the record of its violation.
func (s *stack) breakSome(ctx context.Context, n int) ([]float64, error) {
	broke := map[string]time.Time{}
	for i := range n {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/break/%d", s.fleets.Addresses[0], i), nil)
		if err != nil {
			return nil, err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, fmt.Errorf("break fleet %d: %w", i, err)
		}
		if err := answer.Body.Close(); err != nil {
			return nil, err
		}
		broke[recordOf(i, "").Name] = time.Now()
		if err := pause(ctx, 300*time.Millisecond); err != nil { // spread over the ticks
			return nil, err
		}
	}
	deadline := time.Now().Add(foundWithin)
	for {
		late, err := s.lateness(ctx, broke)
		if err != nil || len(late) == n || time.Now().After(deadline) {
			return late, err
		}
		if err := pause(ctx, time.Second); err != nil {
			return late, err
		}
	}
}

func (s *stack) lateness(ctx context.Context, broke map[string]time.Time) ([]float64, error) {
	found, _, err := s.db.Violations(ctx, store.ViolationFilter{}, store.Page{Limit: 500})
	if err != nil {
		return nil, fmt.Errorf("read violations: %w", err)
	}
	var out []float64
	for _, v := range found {
		if at, ok := broke[v.Fleet]; ok && v.OpenedAt.After(at) {
			out = append(out, v.OpenedAt.Sub(at).Seconds())
			delete(broke, v.Fleet) // the first counts
			defer func() { broke[v.Fleet] = at }()
		}
	}
	return out, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.Join(errors.New("interrupted"), ctx.Err())
	case <-timer.C:
		return nil
	}
}
