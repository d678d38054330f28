package fidelity

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the comparison for people.
func (r Result) Print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "set\tid\tfit\twhat\tmetric\tmeasured\tsimulated\terror\t")
	uncovered := 0
	for _, row := range r.Rows {
		if row.Reason != "" {
			uncovered++
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s %s\t%.4g\t%.4g\t%+.1f%%\t\n", row.Set, row.ID, yes(row.UsedForFit), row.Label, row.Metric, row.Unit, row.Measured, row.Simulated, 100*row.Error)
	}
	t.Flush()
	fmt.Fprintf(w, "\nNot covered (%d):\n", uncovered)
	for _, row := range r.Rows {
		if row.Reason != "" {
			fmt.Fprintf(w, "  %s %s, %s: %s\n", row.ID, row.Label, row.Metric, row.Reason)
		}
	}
	r.printEffects(w)
	r.printMedians(w)
	fmt.Fprintf(w, "\nVirtual time: %d requests of 500 in, 250 out at a mean batch of %.0f in %.2f s on one core: %.0f requests per second.\n",
		r.Speed.Requests, r.Speed.MeanBatch, r.Speed.WallSeconds, r.Speed.RequestsPerSecond)
}

func (r Result) printEffects(w io.Writer) {
	fmt.Fprintln(w, "\nFlags: ratio of output tokens per second, beside what is published")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, e := range r.Sensitivity {
		verdict := "agrees"
		if !e.Agrees {
			verdict = "DISAGREES"
		}
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f..%.2f\t%s\t(%s)\n", e.Flag, e.Case, e.Simulated, e.Least, e.Most, verdict, e.Source)
	}
	t.Flush()
}

func (r Result) printMedians(w io.Writer) {
	fmt.Fprintln(w, "\nErrors of mean E2E, ITL and TTFT on whole runs of vLLM 0.15.1 on H100:")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(name string, s Summary) {
		fmt.Fprintf(t, "%s\t%.1f%%\t%.1f%%\t%.1f%%\t%d rows\n", name, 100*s.E2E, 100*s.ITL, 100*s.TTFT, s.Rows)
	}
	line("median, all", r.MedianAbsError)
	line("median, used for fitting", r.FitSet)
	line("median, not used for fitting", r.TestSet)
	line("mean, all", r.MeanAbsError)
	fmt.Fprintf(t, "goal for medians\t%.0f%%\t%.0f%%\t%.0f%%\t\n", 100*GoalE2E, 100*GoalITL, 100*GoalTTFT)
	for _, p := range Peers() {
		fmt.Fprintf(t, "peer, mean: %s\t%.0f%%\t%.0f%%\t%.0f%%\t%s\n", p.Name, 100*p.E2E, 100*p.ITL, 100*p.TTFT, p.Runs)
	}
	t.Flush()
	fmt.Fprintf(w, "Published figures: median error %.1f%% over %d covered.\n", 100*r.PublishedError, r.Covered)
}

func yes(b bool) string {
	if b {
		return "fit"
	}
	return "test"
}
