package summary

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/record"
)

// Stamp says under which circumstances the figures of a part were taken.
type Stamp struct {
	Part       string    `json:"part"`
	Commit     string    `json:"commit"`
	Machine    string    `json:"machine"`
	Processors int       `json:"processors"`
	Began      time.Time `json:"began"`
	Seconds    float64   `json:"seconds"`
	Full       bool      `json:"full"` // the sizes that are published
	// Skipped says why the part measured nothing, "" when it did.
	Skipped string `json:"skipped,omitempty"`
}

// Summary is everything that was measured last, part by part.
type Summary struct {
	Stamps []Stamp `json:"parts"`
	Rows   []Row   `json:"rows"`
}

// fileName of the summary in the folder of the parts' files.
const fileName = "summary.json"

// Update notes the stamps in the folder's summary, in place of older ones of the
// same parts, and gathers the rows anew.
func Update(folder string, stamps []Stamp) (Summary, error) {
	s, err := Load(folder)
	if err != nil {
		return s, err
	}
	for _, stamp := range stamps {
		s.Stamps = slices.DeleteFunc(s.Stamps, func(old Stamp) bool { return old.Part == stamp.Part })
		s.Stamps = append(s.Stamps, stamp)
	}
	return s, record.Write(filepath.Join(folder, fileName), s)
}

// Load gathers the rows of the folder and the stamps noted in it.
func Load(folder string) (Summary, error) {
	var s Summary
	err := record.Read(filepath.Join(folder, fileName), &s)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	s.Rows, err = Rows(folder)
	return s, err
}

func (s Summary) stamp(part string) Stamp {
	i := slices.IndexFunc(s.Stamps, func(x Stamp) bool { return x.Part == part })
	if i < 0 {
		return Stamp{Part: part}
	}
	return s.Stamps[i]
}

// Print writes the table of all rows of the named parts, and how long each part took.
func (s Summary) Print(w io.Writer, parts []string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "part\twhat\tmethod\tmachine\tfigure\tgoal\tpeer\toutcome")
	for _, r := range s.Rows {
		if slices.Contains(parts, r.Part) {
			stamp := s.stamp(r.Part)
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Part, r.What, r.method(), stamp.Machine, r.Figure, r.Goal, r.Peer, r.Outcome)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	total := 0.0
	var took []string
	for _, part := range parts {
		stamp := s.stamp(part)
		total += stamp.Seconds
		text := fmt.Sprintf("%s %.0f s", part, stamp.Seconds)
		if stamp.Skipped != "" {
			text = part + " skipped"
		}
		took = append(took, text)
	}
	_, err := fmt.Fprintf(w, "%.1f minutes: %s\n", total/60, strings.Join(took, ", "))
	return err
}

func (r Row) method() string {
	if r.Simulated {
		return r.Method + " (simulated engines)"
	}
	return r.Method
}
