package detection

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// Goals, in seconds since the canary broke, of the worst run.
const (
	detectionGoal   = 30
	restorationGoal = 120
)

// Spread is a distribution in seconds. Missing ones count as later than all, so
// that worst and p50 are absent where they fall on one. Of an even number, p50 is
// the upper one of the two in the middle.
type Spread struct {
	Runs    int      `json:"runs"`
	Missing int      `json:"missing"`
	P50     *float64 `json:"p50_seconds"`
	Worst   *float64 `json:"worst_seconds"`
	Met     bool     `json:"met"`
}

// Row is what the runs of one kind, or of several, did.
type Row struct {
	Name        string `json:"name"`
	Note        string `json:"note,omitempty"`
	Detection   Spread `json:"detection"`
	Restoration Spread `json:"restoration"`
	Invalid     int    `json:"invalid"`
}

// Report is what the part measured.
type Report struct {
	Simulated bool     `json:"simulated_engines"`
	PerSecond float64  `json:"requests_per_second"`
	Limit     float64  `json:"limit_seconds"`
	Rows      []Row    `json:"rows"`
	Results   []Result `json:"results"`
}

// ReportOf sums results up: a row for each case, one for each share and one for
// all.
func ReportOf(results []Result, limitSeconds float64) Report {
	r := Report{Simulated: true, PerSecond: requestsPerSecond, Limit: limitSeconds, Results: results}
	add := func(name, note string, of func(Result) bool) {
		row := rowOf(name, results, of)
		row.Note = note
		if row.Detection.Runs+row.Invalid > 0 {
			r.Rows = append(r.Rows, row)
		}
	}
	for _, c := range Cases() {
		note := ""
		if c.small() {
			note = "slight breach, few requests: known to be late"
		}
		add(c.String(), note, func(x Result) bool { return x.Case == c })
	}
	for _, percent := range shares() {
		add(fmt.Sprintf("all of %d%%", percent), fmt.Sprintf("%g requests/s to the canary", requestsPerSecond*float64(percent)/100),
			func(x Result) bool { return x.Percent == percent })
	}
	add("all", "", func(Result) bool { return true })
	return r
}

func rowOf(name string, results []Result, of func(Result) bool) Row {
	row := Row{Name: name}
	var detected, restored []*float64
	for _, x := range results {
		switch {
		case !of(x):
		case x.Invalid != "":
			row.Invalid++
		default:
			detected, restored = append(detected, x.Detected), append(restored, x.Restored)
		}
	}
	row.Detection, row.Restoration = spreadOf(detected, detectionGoal), spreadOf(restored, restorationGoal)
	return row
}

func spreadOf(times []*float64, goal float64) Spread {
	s := Spread{Runs: len(times)}
	var sorted []float64
	for _, t := range times {
		if t == nil {
			s.Missing++
			sorted = append(sorted, math.Inf(1))
			continue
		}
		sorted = append(sorted, *t)
	}
	if len(sorted) == 0 {
		return s
	}
	slices.Sort(sorted)
	s.P50, s.Worst = finite(sorted[len(sorted)/2]), finite(sorted[len(sorted)-1])
	s.Met = s.Worst != nil && *s.Worst < goal
	return s
}

func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// Print writes the table.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "detection (simulated engines)\truns\tdetected p50 s\tworst s\tgoal\trestored p50 s\tworst s\tgoal\tnote")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Name, row.Detection.Runs,
			r.text(row.Detection.P50), r.text(row.Detection.Worst), goalText(row.Detection, detectionGoal),
			r.text(row.Restoration.P50), r.text(row.Restoration.Worst), goalText(row.Restoration, restorationGoal), row.note())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "real rollouts with the default plan (judged every 10 s, warm-up 60 s) and Monitor every 5 s; the canary breaks 5 to 15 s after it got its share of %g requests/s\n", r.PerSecond)
	return err
}

func (r Report) text(seconds *float64) string {
	if seconds == nil {
		return fmt.Sprintf("not in %.0f", r.Limit)
	}
	return fmt.Sprintf("%.1f", *seconds)
}

func (row Row) note() string {
	if row.Invalid > 0 {
		return fmt.Sprintf("%s [%d runs invalid]", row.Note, row.Invalid)
	}
	return row.Note
}

func goalText(s Spread, goal int) string {
	outcome := "missed"
	if s.Met {
		outcome = "met"
	}
	return fmt.Sprintf("< %d s: %s", goal, outcome)
}

// Write puts the report into a JSON file.
func (r Report) Write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make %s: %w", filepath.Dir(file), err)
	}
	return os.WriteFile(file, append(content, '\n'), 0o644)
}
