package statistics

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// Report is what was measured.
type Report struct {
	Simulated bool            `json:"simulated"` // always
	Rows      []Row           `json:"rows"`
	Outcomes  map[Outcome]int `json:"outcomes"`
}

// Run measures every claim, prints a line for each and writes the report
// to the file as JSON.
func Run(w io.Writer, file string) error {
	r := Measure(1)
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print statistics: %w", err)
	}
	return r.write(file)
}

// Measure runs the given share of the rounds of each claim: 1 for the numbers
// that count, less for a quick look.
func Measure(share float64) Report {
	r := Report{Simulated: true, Outcomes: map[Outcome]int{}}
	for _, claims := range [][]claim{tailClaims(), locationClaims(), proportionClaims(), replicateClaims(), plannedClaims(), judgeClaims()} {
		for _, c := range claims {
			r.Rows = append(r.Rows, c.measure(share))
		}
	}
	r.Rows = append(r.Rows, stageRows(share)...)
	for _, row := range r.Rows {
		r.Outcomes[row.Outcome]++
	}
	return r
}

// Print writes a line for each row and a summary.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "statistics (simulated)\tdata\tsamples an arm\trate of\tmeasured\t95% noise\tgoal\toutcome\tmedian s")
	for _, row := range r.Rows {
		samples := "-"
		if row.Samples > 0 {
			samples = fmt.Sprint(row.Samples)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.1f%%\t%.1f-%.1f%%\t%s\t%s\t%s\n", row.Method, row.Data, samples, row.Event,
			100*row.Rate, 100*row.Low, 100*row.High, row.goalText(), row.Outcome, row.secondsText())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d claims: %d met, %d within the noise of the rounds, %d missed, %d without a goal\n",
		len(r.Rows), r.Outcomes[Met], r.Outcomes[Near], r.Outcomes[Missed], r.Outcomes[Stated])
	return err
}

func (row Row) goalText() string {
	switch {
	case row.AtMost != nil:
		return fmt.Sprintf("at most %g%%", 100**row.AtMost)
	case row.AtLeast != nil:
		return fmt.Sprintf("at least %g%%", 100**row.AtLeast)
	}
	return "-"
}

func (row Row) secondsText() string {
	if row.SecondsToVerdict == nil {
		return ""
	}
	return fmt.Sprintf("%.0f", *row.SecondsToVerdict)
}

func (r Report) write(file string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
