package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Print is the run in a line, and all that is known of one that is broken.
func (r Result) Print(w io.Writer) {
	fmt.Fprintf(w, "%s -> %s in %.0f s", r.Plan, r.End(), r.Seconds)
	if r.Excused > 0 {
		fmt.Fprintf(w, ", %d of %d requests lost in flight on what was hit", r.Excused, r.Sent)
	}
	if len(r.Repaired) > 0 {
		fmt.Fprintf(w, ", settled after %.0f s", r.Settled)
	}
	fmt.Fprintln(w)
	if r.OK() {
		return
	}
	if r.Failed != "" {
		fmt.Fprintf(w, "    NOT MADE: %s\n", r.Failed)
	}
	for _, b := range r.Breaches {
		fmt.Fprintf(w, "    BROKEN %s\n", b)
	}
	if r.Reason != "" {
		fmt.Fprintf(w, "    the run said: %s\n", r.Reason)
	}
	for _, b := range r.Blows {
		fmt.Fprintf(w, "    its own: %s\n", b)
	}
	for _, b := range r.Around {
		fmt.Fprintf(w, "    around it: %s, of seed %d\n", b, b.Seed)
	}
	fmt.Fprintf(w, "    again: go run ./deploy/chaos -seed %d -runs 1\n", r.Plan.Seed)
}

// String is the blow in words.
func (b Blow) String() string {
	switch {
	case b.Missed != "":
		return fmt.Sprintf("%s, missed: %s", b.Fault.Kind(), b.Missed)
	case b.Trouble != "":
		return fmt.Sprintf("%s at %s, could not be ended: %s", b.Fault.Kind(), b.At.Format("15:04:05.000"), b.Trouble)
	}
	return fmt.Sprintf("%s at %s for %s", b.Fault.Kind(), b.At.Format("15:04:05.000"), b.Fault.Lasts())
}

// Print writes the tables.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%d fault runs in %.0f s on simulated engines; a run counts in the row of each kind of fault that hit it\n\n", r.Runs, r.Seconds)
	fmt.Fprintln(t, "fault or scenario\truns\tends\trequests\tlost in flight on what was hit\tlost\thealed\tmissed\tbroken")
	for _, part := range [][]Row{r.Faults, r.Scenarios, {r.All}} {
		for _, row := range part {
			fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", row.Name, row.Runs, row.ends(), row.Sent, row.Excused, row.Lost, row.Healed, row.Missed, row.Broken)
		}
		fmt.Fprintln(t, "\t\t\t\t\t\t\t\t")
	}
	fmt.Fprintf(t, "seconds from trouble to restored weights\t%s\n", r.Restored)
	fmt.Fprintf(t, "seconds from the end of run and faults to a settled state\t%s\n", r.Settled)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Unplanned)) {
		fmt.Fprintf(w, "%s ended %d times by itself and was started again\n", name, r.Unplanned[name])
	}
	if len(r.Broken) > 0 {
		fmt.Fprintf(w, "BROKEN: seeds %v\n", r.Broken)
	}
	return nil
}

func (r Row) ends() string {
	var out []string
	for _, end := range slices.Sorted(maps.Keys(r.Ends)) {
		out = append(out, fmt.Sprintf("%s %d", end, r.Ends[end]))
	}
	return strings.Join(out, ", ")
}

// String is the spread in a line.
func (s Spread) String() string {
	if s.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("%d: p50 %.1f, p95 %.1f, max %.1f", s.Count, s.P50, s.P95, s.Max)
}
