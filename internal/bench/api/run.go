package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// ErrNoTools says that a program which is needed is not on this machine.
var ErrNoTools = errors.New("a program is missing: run scripts/need temporal vegeta and go build -o bin/server ./server")

// The load that is asked of the API, and what it is held to.
const (
	readRate      = 1000 // requests a second
	readDuration  = 30 * time.Second
	warmDuration  = 5 * time.Second
	startRate     = 50
	startDuration = 10 * time.Second
	goalP95       = 20 * time.Millisecond
)

// Report is what was measured.
type Report struct {
	Database   string        `json:"database"`
	Processors int           `json:"processors"`
	Reads      vegeta.Report `json:"reads"`
	Control    vegeta.Report `json:"control"` // a server that does nothing, beside the reads
	Starts     vegeta.Report `json:"starts"`
	Kept       Kept          `json:"kept"`
	GoalP95    float64       `json:"goal_p95_seconds"`
	Missed     []string      `json:"missed"` // goals, in words; empty when all were met
}

// Kept is what is there of the runs that were started.
type Kept struct {
	Accepted  int `json:"accepted"`
	Workflows int `json:"workflows"` // in Temporal
	Records   int `json:"records"`   // in the database
}

// Run measures, writes a table to w and the report to a JSON file. A missed goal is
// in the report and is no error.
func Run(w io.Writer, file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := measure(ctx)
	if err != nil {
		return err
	}
	report.judge()
	report.print(w)
	return record.Write(file, report)
}

func measure(ctx context.Context) (report Report, err error) {
	s, err := startStack(ctx)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return report, err
	}
	report = Report{Database: s.databaseName, Processors: runtime.GOMAXPROCS(0), GoalP95: goalP95.Seconds()}
	if _, err := s.attack(ctx, readTargets(s.base), readRate/5, warmDuration); err != nil {
		return report, err
	}
	if err := s.readsBesideControl(ctx, &report); err != nil {
		return report, err
	}
	if report.Starts, err = s.attack(ctx, startTargets(s.base), startRate, startDuration); err != nil {
		return report, err
	}
	report.Kept, err = s.kept(ctx, report.Starts.Statuses["202"])
	return report, err
}

// judge names what was missed.
func (r *Report) judge() {
	r.Missed = []string{}
	miss := func(is bool, format string, a ...any) {
		if is {
			r.Missed = append(r.Missed, fmt.Sprintf(format, a...))
		}
	}
	miss(r.Reads.P95Seconds >= r.GoalP95, "reads: p95 of %s is not below %s", millis(r.Reads.P95Seconds), millis(r.GoalP95))
	miss(r.Reads.Errors > 0, "reads: %d of %d requests failed", r.Reads.Errors, r.Reads.Requests)
	// A generator that could not keep its rate has measured another load.
	miss(r.Reads.SentPerSecond < .98*readRate, "reads: %.0f of %d requests/s were sent", r.Reads.SentPerSecond, readRate)
	miss(r.Starts.Errors > 0, "starts: %d of %d requests failed", r.Starts.Errors, r.Starts.Requests)
	miss(r.Kept.Workflows < r.Kept.Accepted || r.Kept.Records < r.Kept.Accepted, "starts: of %d accepted, %d are in Temporal and %d in the record",
		r.Kept.Accepted, r.Kept.Workflows, r.Kept.Records)
}
