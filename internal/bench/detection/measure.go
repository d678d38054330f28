package detection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// FullRuns is two of each case, ShortRuns one.
const (
	FullRuns  = 30
	ShortRuns = 15
)

// sideBySide is how many rollouts run at once. More would make a small machine's
// scheduling part of the latencies that are judged.
const sideBySide = 10

// Load is what is measured.
type Load struct {
	Cases []Case
	Runs  int           // dealt to the cases in turn, so that each has as many as it can
	Limit time.Duration // after which what was not seen is given up
	// Ended, unless nil, is told each run as it ends, one at a time: all take minutes.
	Ended func(Result)
}

// Run measures, prints and writes the report to the file as JSON.
func Run(w io.Writer, file string, runs int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := Measure(ctx, Load{Cases: Cases(), Runs: runs, Limit: restorationGoal * time.Second,
		Ended: func(r Result) { fmt.Fprintln(w, r) }})
	if err != nil {
		return err
	}
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the detection: %w", err)
	}
	return r.Write(file)
}

// Measure runs the rollouts. ErrNoTemporal where there is no dev server.
func Measure(ctx context.Context, load Load) (_ Report, err error) {
	s, err := startStack(ctx)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return Report{}, err
	}
	results := make([]Result, load.Runs)
	var telling sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sideBySide)
	for i, c := range deal(load.Cases, load.Runs) {
		group.Go(func() (err error) {
			results[i], err = s.roll(ctx, c, i, load.Limit)
			telling.Lock()
			defer telling.Unlock()
			if load.Ended != nil && err == nil {
				load.Ended(results[i])
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	return ReportOf(results, load.Limit.Seconds()), nil
}

// deal gives each case its runs, those of one case in a row.
func deal(cases []Case, runs int) []Case {
	var out []Case
	for i, c := range cases {
		for range (runs + len(cases) - 1 - i) / len(cases) {
			out = append(out, c)
		}
	}
	return out
}
