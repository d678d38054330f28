package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/workflows"
)

// Line is a straight line through the steps and how well it fits (R squared).
type Line struct {
	PerFleet float64 `json:"per_fleet"`
	Base     float64 `json:"base"`
	R2       float64 `json:"r2"`
}

// Report is what the part measured.
type Report struct {
	Load  Load   `json:"load"`
	Steps []Step `json:"steps"`
	// CPU is in shares of a processor, RSS in bytes, Events and Rows an hour.
	CPU    Line `json:"cpu"`
	RSS    Line `json:"rss"`
	Events Line `json:"events"`
	Rows   Line `json:"rows"`
	// Late are the seconds from a break to its violation, in order; Broken how many
	// broke.
	Late   []float64 `json:"late_seconds"`
	Broken int       `json:"broken"`
}

// Run measures, prints a table with the extrapolation, and writes it as JSON.
func Run(w io.Writer, file string, load Load) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := startStack(ctx, load.Fleets)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	steps, late, err := measure(ctx, s, load, func(step Step) { fmt.Fprintf(w, "%d fleets: %.2f of a processor\n", step.Fleets, step.CPUShare) })
	if err != nil {
		return err
	}
	r := ReportOf(load, steps, late)
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the scale: %w", err)
	}
	return record.Write(file, r)
}

// ReportOf fits the steps.
func ReportOf(load Load, steps []Step, late []float64) Report {
	slices.Sort(late)
	return Report{Load: load, Steps: steps, Late: late, Broken: load.Breaks,
		CPU:    fit(steps, func(s Step) float64 { return s.CPUShare }),
		RSS:    fit(steps, func(s Step) float64 { return float64(s.RSSBytes) }),
		Events: fit(steps, func(s Step) float64 { return s.EventsPerHour }),
		Rows:   fit(steps, func(s Step) float64 { return s.RowsPerHour })}
}

// fit is the line of least squares over the number of fleets.
func fit(steps []Step, of func(Step) float64) Line {
	var n, sx, sy, sxx, sxy float64
	for _, s := range steps {
		x, y := float64(s.Fleets), of(s)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d != 0 {
		slope := (n*sxy - sx*sy) / d
		l := Line{PerFleet: slope, Base: (sy - slope*sx) / n}
		l.R2 = l.quality(steps, of, sy/n)
		return l
	}
	return Line{}
}

func (l Line) quality(steps []Step, of func(Step) float64, mean float64) float64 {
	var off, all float64
	for _, s := range steps {
		off += math.Pow(of(s)-l.At(float64(s.Fleets)), 2)
		all += math.Pow(of(s)-mean, 2)
	}
	if all == 0 {
		return 1
	}
	return 1 - off/all
}

// At is the line at a number of fleets.
func (l Line) At(fleets float64) float64 { return l.Base + l.PerFleet*fleets }

// Worst is the latest that a break was noticed, in seconds; not all means that some
// were not noticed at all.
func (r Report) Worst() (seconds float64, all bool) {
	if len(r.Late) == 0 {
		return 0, r.Broken == 0
	}
	return r.Late[len(r.Late)-1], len(r.Late) == r.Broken
}

// Print writes a line for each step, the fits, and what follows for 10,000 fleets.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "scale (simulated fleets)\tworker CPU\tworker RSS MiB\tTemporal events an hour and fleet\tdatabase rows an hour and fleet")
	for _, s := range r.Steps {
		n := float64(s.Fleets)
		fmt.Fprintf(t, "%d fleets, %.0f s\t%.3f\t%.0f\t%.0f\t%.0f\n", s.Fleets, s.Seconds, s.CPUShare, float64(s.RSSBytes)/(1<<20), s.EventsPerHour/n, s.RowsPerHour/n)
	}
	fmt.Fprintf(t, "line, R2\t%.2f\t%.2f\t%.2f\t%.2f\n", r.CPU.R2, r.RSS.R2, r.Events.R2, r.Rows.R2)
	if err := t.Flush(); err != nil {
		return err
	}
	if !r.EventsWhole() {
		if _, err := fmt.Fprintf(w, "a monitor's round takes %.0f s and a step was shorter: its events are those of some fleets' rounds\n", workflows.WatchSeconds); err != nil {
			return err
		}
	}
	worst, _ := r.Worst()
	_, err := fmt.Fprintf(w, "noticed %d of %d breaks at %d fleets, worst after %.1f s\n%s\n", len(r.Late), r.Broken, r.Load.Fleets, worst, r.Extrapolation())
	return err
}

// EventsWhole says that each step was measured for a monitor's round or longer. In a
// shorter one the rounds of some fleets end and those of others do not, so its events
// tell nothing of a line; the part growth counts them by the round.
func (r Report) EventsWhole() bool {
	for _, s := range r.Steps {
		if s.Seconds < workflows.WatchSeconds {
			return false
		}
	}
	return len(r.Steps) > 0
}

// Extrapolation is 10,000 fleets over workers of this size, with its arithmetic. It is
// no measurement.
func (r Report) Extrapolation() string {
	const fleets = 10_000
	each := max(r.Load.Fleets, 1)
	workers := (fleets + each - 1) / each
	n := float64(fleets) / float64(workers)
	return fmt.Sprintf("extrapolated, not measured: %d fleets / %d a worker = %d workers, each %.2f + %.5f x %.0f = %.2f processors and %.0f MiB; "+
		"together %.0f events a second in Temporal and %.0f rows a second in the database", fleets, each, workers, r.CPU.Base, r.CPU.PerFleet, n, r.CPU.At(n),
		r.RSS.At(n)/(1<<20), float64(workers)*r.Events.At(n)/3600, float64(workers)*r.Rows.At(n)/3600)
}
