package api

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// print shows both loads side by side and what was missed.
func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "API under load: real server on %s and a Temporal dev server, %d processors for all of them and the load generator\n\n", r.Database, r.Processors)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\tmixed reads\ta server that does nothing, beside them\tstarts of runs")
	row := func(name string, cell func(vegeta.Report) string) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", name, cell(r.Reads), cell(r.Control), cell(r.Starts))
	}
	row("requests", func(a vegeta.Report) string { return fmt.Sprint(a.Requests) })
	row("sent/s", func(a vegeta.Report) string { return fmt.Sprintf("%.1f", a.SentPerSecond) })
	row("p50", func(a vegeta.Report) string { return millis(a.P50Seconds) })
	row("p95", func(a vegeta.Report) string { return millis(a.P95Seconds) })
	row("p99", func(a vegeta.Report) string { return millis(a.P99Seconds) })
	row("max", func(a vegeta.Report) string { return millis(a.MaxSeconds) })
	row("errors", func(a vegeta.Report) string { return fmt.Sprint(a.Errors) })
	row("statuses", func(a vegeta.Report) string { return statuses(a) })
	_ = t.Flush()
	fmt.Fprintf(w, "\nstarts: %d accepted, %d workflows in Temporal, %d records\n", r.Kept.Accepted, r.Kept.Workflows, r.Kept.Records)
	if len(r.Missed) == 0 {
		fmt.Fprintln(w, "all goals met")
	}
	for _, m := range r.Missed {
		fmt.Fprintln(w, "MISSED", m)
	}
}

// statuses are the answers by status, 0 for none.
func statuses(a vegeta.Report) string {
	var out []string
	for code, n := range a.Statuses {
		out = append(out, fmt.Sprintf("%s: %d", code, n))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func millis(seconds float64) string { return fmt.Sprintf("%.1f ms", seconds*1e3) }
