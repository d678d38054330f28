package growth

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/record"
)

// Run counts in the folder's histories, prints a table and writes it as JSON.
func Run(w io.Writer, file, folder string) error {
	r, err := Measure(folder)
	if err != nil {
		return err
	}
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the growth: %w", err)
	}
	return record.Write(file, r)
}

// Print writes a line for each entry.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "growth of histories in Temporal\tevents\tKiB\tarithmetic")
	for _, e := range r.Entries {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\n", e.Name, e.Events, e.Bytes/1024, e.How)
	}
	return t.Flush()
}
