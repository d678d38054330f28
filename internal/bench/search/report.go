package search

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// Report is the outcome of a whole run.
type Report struct {
	Simulated bool     `json:"simulated"` // always: no GPU was measured
	Seeds     int      `json:"seeds"`
	Budget    float64  `json:"budget_trials"`
	Horizon   float64  `json:"horizon_trials"`
	Cases     []Result `json:"cases"`
	// Strategies sums the cases up, by draw.
	Strategies map[string]map[string]Total `json:"strategies"`
}

// Total is a strategy over all cases of a draw.
type Total struct {
	// TrialsTo95 is the median over the cases, nil when half have none.
	TrialsTo95   *float64 `json:"trials_to_95"`
	FractionAt12 float64  `json:"fraction_at_12"` // mean over the cases
	// CasesAt95 are those in which every seed had 95% of the optimum after 12 trials.
	CasesAt95 int `json:"cases_all_seeds_at_95"`
	Cases     int `json:"cases"`
	Wins      int `json:"wins"`
	FalseWins int `json:"false_wins"`
}

// Run measures all cases, prints a table and writes the report to a file as JSON,
// and the curves beside it as SVG.
func Run(w io.Writer, file string, engines engine.Registry, seeds int) error {
	u := suite{cases: Cases(), draws: []string{drawOpen, drawHeldOut}, contenders: contenders(), seeds: seeds, engines: engines}
	r, err := u.report(w)
	if err != nil {
		return err
	}
	if err := r.write(file); err != nil {
		return err
	}
	return r.plot(strings.TrimSuffix(file, filepath.Ext(file)) + ".svg")
}

// report runs the suite and prints each result when it is there.
func (u suite) report(w io.Writer) (Report, error) {
	r := Report{Simulated: true, Seeds: u.seeds, Budget: budgetTrials, Horizon: horizonTrials, Strategies: map[string]map[string]Total{}}
	fmt.Fprintf(w, "search (simulated): %d seeds; trials to 95%% of the optimum / fraction of it after %g trials (worst seed)\n", u.seeds, budgetTrials)
	err := u.run(func(result Result) {
		r.Cases = append(r.Cases, result)
		result.print(w, u.names())
	})
	if err != nil {
		return r, err
	}
	for _, draw := range u.draws {
		r.Strategies[draw] = map[string]Total{}
		for _, name := range u.names() {
			r.Strategies[draw][name] = totalOf(r.Cases, draw, name)
		}
	}
	return r, r.print(w, u)
}

func (u suite) names() []string {
	var out []string
	for _, c := range u.contenders {
		out = append(out, c.name)
	}
	return out
}

func totalOf(results []Result, draw, name string) Total {
	var t Total
	var trials []float64
	for _, r := range results {
		if r.Draw != draw {
			continue
		}
		s := r.Scores[name]
		t.Cases++
		t.FractionAt12 += s.FractionAt12
		t.CasesAt95 += one(s.WorstAt12 >= goalFraction)
		t.Wins, t.FalseWins = t.Wins+s.Wins, t.FalseWins+s.FalseWins
		trials = append(trials, orInfinite(s.TrialsTo95))
	}
	if t.Cases > 0 {
		t.FractionAt12 /= float64(t.Cases)
	}
	t.TrialsTo95 = finite(median(trials))
	return t
}

func (r Result) print(w io.Writer, names []string) {
	fmt.Fprintf(w, "\n%s [%s] %s on %s: %d configurations (%d start, %d different engines), the best %.2f req/s (%.2f to %.2f over three loads) with %s; start has %.0f%% of it\n",
		r.Case, r.Draw, r.Model, r.GPU, r.Optimum.Configs, r.Optimum.Starts, r.Optimum.Engines, r.Optimum.Rate, r.Optimum.Low, r.Optimum.High,
		strings.Join(r.Optimum.Config.FlagList(), " "), 100*r.StartFraction)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  strategy\ttrials to 95%\tmeasurements\tseeds at 95%\tat 12 (worst)\tspent\tfailed\twins\tfalse")
	for _, name := range names {
		s := r.Scores[name]
		fmt.Fprintf(t, "  %s\t%s\t%s\t%d\t%.1f%% (%.1f%%)\t%.1f\t%.1f\t%d\t%d\n", name, number(s.TrialsTo95), number(s.CountTo95), s.Reached95,
			100*s.FractionAt12, 100*s.WorstAt12, s.Spent, s.Failed, s.Wins, s.FalseWins)
	}
	_ = t.Flush() // as good as the writer, whose failure the summary reports
}

func (r Report) print(w io.Writer, u suite) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nall cases\tdraw\tmedian trials to 95%\tmean fraction at 12\tcases with all seeds at 95%\twins\tfalse wins")
	for _, draw := range u.draws {
		for _, name := range u.names() {
			s := r.Strategies[draw][name]
			fmt.Fprintf(t, "%s\t%s\t%s\t%.1f%%\t%d of %d\t%d\t%d\n", name, draw, number(s.TrialsTo95), 100*s.FractionAt12, s.CasesAt95, s.Cases, s.Wins, s.FalseWins)
		}
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("print search: %w", err)
	}
	return nil
}

func number(v *float64) string {
	if v == nil {
		return fmt.Sprintf("> %g", horizonTrials)
	}
	return fmt.Sprintf("%.4g", *v)
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
