package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// printTable shows what the run changed.
func printTable(w io.Writer, f facts) {
	fmt.Fprintf(w, "\nOutcome: %s (%s)\n", f.Outcome, f.Reason)
	for _, b := range f.findings {
		fmt.Fprintf(w, "Found:   %s (%s): %s\n", b.Kind, b.Severity, b.Summary)
	}
	if f.Baseline != nil {
		t := table.NewWriter()
		t.SetOutputMirror(w)
		t.SetStyle(table.StyleLight)
		t.Style().Format.Header = 0
		t.SetTitle("One replica, simulated H100, before and after")
		t.AppendHeader(table.Row{"", "before", "after"})
		after := f.Winner
		if after == nil {
			after = f.Baseline
		}
		row := func(name, format string, of func(side) float64) {
			t.AppendRow(table.Row{name, fmt.Sprintf(format, of(*f.Baseline)), fmt.Sprintf(format, of(*after))})
		}
		row("goodput, requests/s within SLOs", "%.1f", func(s side) float64 { return s.Goodput })
		row("output tokens/s at that rate", "%.0f", func(s side) float64 { return s.OutputTokens })
		row("TTFT p95 at today's rate, ms", "%.0f", func(s side) float64 { return 1000 * s.TTFTP95 })
		row("ITL p95 at today's rate, ms", "%.1f", func(s side) float64 { return 1000 * s.ITLP95 })
		row("E2E p95 at today's rate, ms", "%.0f", func(s side) float64 { return 1000 * s.E2EP95 })
		t.AppendRow(table.Row{"flags", strings.Join(f.Baseline.Flags, "\n"), strings.Join(after.Flags, "\n")})
		t.Render()
	}
	if f.Improvement != nil {
		fmt.Fprintf(w, "Gain:    %.2fx throughput, E2E p95 %.0f%% lower (the lesser of repeat and hold-out)\n",
			f.Improvement.ThroughputRatio, 100*f.Improvement.E2EP95Reduction)
	}
	if f.Improvement != nil && f.Improvement.Remeasured != nil {
		fmt.Fprintf(w, "Again:   %s\n", f.Improvement.Remeasured)
	}
	if f.Violation != nil {
		fmt.Fprintf(w, "Violated: %s, detected after %.1f s by %s, traffic restored after %.1f s\n",
			f.Violation.SLO, f.Violation.Detection, f.Violation.Source, f.Violation.Restored)
	}
	fmt.Fprintf(w, "Users:   %d requests, %d lost\n", f.Production.Requests, f.Production.Lost)
	fmt.Fprintf(w, "Times:   candidates after %.1f s, whole run %.0f s, %d trials\n", f.Generation, f.Wall, f.Trials)
}
