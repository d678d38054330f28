package scrape

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/internal/engine"
)

// Report is what the part measured.
type Report struct {
	Rows []Row `json:"rows"`
}

// Run measures the simulated pages and those recorded in the folder, prints a table
// and writes the report to a JSON file.
func Run(w io.Writer, file, recorded string, engines engine.Registry, effort Effort) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pages, err := Simulated(ctx)
	if err != nil {
		return err
	}
	real, err := Recorded(recorded, engines)
	if err != nil {
		return err
	}
	rows, err := Measure(ctx, append(pages, real...), engines, effort)
	if err != nil {
		return err
	}
	r := Report{Rows: rows}
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the costs: %w", err)
	}
	return record.Write(file, r)
}

// Print writes a line for each page.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "metrics page\tKiB\tlines\tours us\tallocs\tPrometheus's parser us\tallocs\tours/parser\twhole scrape us\tendpoints/core at 5 s\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%.1f\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\t\n", row.Name, float64(row.Bytes)/1024, row.Lines,
			row.Ours.CPUMicros, row.Ours.Allocs, row.Parser.CPUMicros, row.Parser.Allocs, row.Ratio, row.Scrape.CPUMicros, row.PerCore)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "processor time of one page: ours is parser and mapping, the parser is expfmt's alone; the scrape is over HTTP on loopback, the page's server included")
	return err
}
