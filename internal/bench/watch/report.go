package watch

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// goalSeconds is the time within which a violation or a drift must be found.
const goalSeconds = 30

// Run measures the full load, prints it and writes the report to the file as JSON.
func Run(w io.Writer, file string) error {
	r, err := Measure(Full())
	if err != nil {
		return err
	}
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the watch: %w", err)
	}
	return r.write(file)
}

// Print writes a line for each kind of upset and what the watch cost.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "watch (simulated routers)\tfleets\tfound\tp50 s\tp95 s\tmax s\tgoal\toutcome")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f\t%.1f\t%.1f\tall within %d s\t%s\n", row.Upset, row.Fleets, row.Found,
			row.P50Seconds, row.P95Seconds, row.MaxSeconds, goalSeconds, row.outcome())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d fleets every %.0f s in one process: %d looks in %.0f s, at most %.2f ms of CPU a look (%.0f fleets a core), at most %.0f KiB a fleet\n",
		r.Load.Fleets, r.Load.TickSeconds, r.Looks, r.Seconds, r.CPUMillisPerLook, r.FleetsPerCore, r.KiBPerFleet)
	return err
}

func (row Row) outcome() string {
	if row.Found == row.Fleets && row.MaxSeconds <= goalSeconds {
		return "met"
	}
	return "missed"
}

func (r Report) write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make %s: %w", filepath.Dir(file), err)
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}
