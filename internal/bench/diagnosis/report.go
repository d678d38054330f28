package diagnosis

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Report is the outcome of a whole run.
type Report struct {
	Simulated bool                         `json:"simulated"` // always: no GPU was measured
	Seed      uint64                       `json:"seed"`
	Score     Score                        `json:"score"`
	ByEngine  map[serving.EngineKind]Score `json:"by_engine"`
	Findings  []Cell                       `json:"findings"`
	Families  []Cell                       `json:"families"`
	Answers   []Answer                     `json:"answers"`
}

// seed of the drawn variations; another one draws others.
const seed = 777

// Run plants every condition, prints the confusion matrices and writes the
// answers to a file as JSON.
func Run(w io.Writer, file string, engines engine.Registry) error {
	return RunCases(w, file, Cases(Conditions(), seed), seed, engines)
}

// RunCases is Run for chosen cases that were drawn from the seed.
func RunCases(w io.Writer, file string, cases []Case, seed uint64, engines engine.Registry) error {
	answers, err := AskAll(cases, engines)
	if err != nil {
		return err
	}
	r := reportOf(answers, seed)
	if err := r.print(w); err != nil {
		return err
	}
	return r.write(file)
}

func (r Report) write(file string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func reportOf(answers []Answer, seed uint64) Report {
	r := Report{Simulated: true, Seed: seed, Score: ScoreOf(answers), ByEngine: map[serving.EngineKind]Score{},
		Findings: Matrix(answers, ByFinding), Families: Matrix(answers, ByFamily), Answers: answers}
	for _, kind := range kinds() {
		if own := OfEngine(answers, kind); len(own) > 0 {
			r.ByEngine[kind] = ScoreOf(own)
		}
	}
	return r
}

func kinds() []serving.EngineKind {
	return []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang}
}

func (r Report) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "planted conditions (simulated engines)\tcases\ttop finding\tfirst family\theld out: finding\tfamily\trecommended\tinvalid")
	for _, kind := range kinds() {
		if s, ran := r.ByEngine[kind]; ran {
			s.row(t, string(kind))
		}
	}
	r.Score.row(t, "all")
	printMatrix(t, "finding", r.Findings)
	printMatrix(t, "family", r.Families)
	for _, a := range r.Answers {
		if !a.RightFinding() || !a.RightFamily() {
			fmt.Fprintf(t, "wrong: %s\texpected %s, %s\tgot %s, %s\n", a.Case, a.Expected.Finding, a.Expected.Family, a.Got.Finding, a.Got.Family)
		}
	}
	return t.Flush()
}

func (s Score) row(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%d\t%d\n", name, s.Cases, share(s.RightFinding, s.Cases), share(s.RightFamily, s.Cases),
		share(s.HeldOutFinding, s.HeldOut), share(s.HeldOutFamily, s.HeldOut), s.Recommended, s.Invalid)
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%% (%d)", 100*float64(n)/float64(of), n)
}

// printMatrix has a row for each expectation and a column for each answer.
func printMatrix(w io.Writer, name string, cells []Cell) {
	var rows, columns []string
	count := map[[2]string]int{}
	for _, c := range cells {
		rows, columns = append(rows, c.Expected), append(columns, c.Got)
		count[[2]string{c.Expected, c.Got}] = c.Count
	}
	rows, columns = unique(rows), unique(columns)
	fmt.Fprintf(w, "\n%s expected \\ got\t%s\n", name, strings.Join(columns, "\t"))
	for _, row := range rows {
		fmt.Fprint(w, row)
		for _, column := range columns {
			if n := count[[2]string{row, column}]; n > 0 {
				fmt.Fprintf(w, "\t%d", n)
			} else {
				fmt.Fprint(w, "\t.")
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
