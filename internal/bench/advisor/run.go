package advisor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Enough is the share of right first families that the rules must reach.
const Enough = 0.85

// Report is the outcome of an evaluation.
type Report struct {
	Simulated bool      `json:"simulated"` // always: no GPU was measured
	Rules     Score     `json:"rules"`
	OnFlags   Score     `json:"rules_where_flags_help"`
	Model     *Score    `json:"model,omitempty"` // nil when no language model was asked
	ModelName string    `json:"model_name,omitempty"`
	Results   []Result  `json:"results"`
	Insights  []Insight `json:"insights_against_a_stand_in"`
}

// Run evaluates, prints a table and writes the report. It fails when the rules are
// not right often enough, or when an insight took longer than anybody waits.
func Run(w io.Writer, file string, engines engine.Registry) error {
	return RunOn(w, file, Cases(), engines)
}

// RunOn is Run on other cases.
func RunOn(w io.Writer, file string, cases []diagnosis.Case, engines engine.Registry) error {
	r, err := Evaluate(cases, engines)
	if err != nil {
		return err
	}
	if r.Insights, err = measureInsights(); err != nil {
		return err
	}
	if err := r.print(w); err != nil {
		return err
	}
	if err := r.write(file); err != nil {
		return err
	}
	return r.check()
}

// Evaluate asks the rules about all cases, and the language model that the
// environment names.
func Evaluate(cases []diagnosis.Case, engines engine.Registry) (Report, error) {
	answers, err := diagnosis.AskAll(cases, engines)
	if err != nil {
		return Report{}, err
	}
	client := realModel()
	r := Report{Simulated: true}
	for _, a := range answers {
		result := Result{Case: a.Case, Expected: a.Expected.Family, Rules: a.Got.Family}
		if client != nil && byFlags(result) {
			known, err := engines.Engine(a.Engine)
			if err != nil {
				return r, err
			}
			result.Model = diagnosis.NoFamily
			told, err := ask(context.Background(), client, a, known)
			if err != nil {
				result.Failure = err.Error()
			}
			result.Refused = told.Refused.Total()
			if len(told.Recommendations) > 0 {
				result.Model = told.Recommendations[0].Family
			}
		}
		r.Results = append(r.Results, result)
	}
	rules := func(x Result) serving.Family { return x.Rules }
	r.Rules = scoreOf(r.Results, func(Result) bool { return true }, rules)
	r.OnFlags = scoreOf(r.Results, byFlags, rules)
	if client != nil {
		s := scoreOf(r.Results, byFlags, func(x Result) serving.Family { return x.Model })
		r.Model, r.ModelName = &s, client.Model()
	}
	return r, nil
}

// longestInsight is what a language model may take of anybody's time, in seconds.
const longestInsight = 30

func (r Report) check() error {
	if r.Rules.Share < Enough {
		return fmt.Errorf("the rules' first family is right in %.1f%% of %d cases, less than %.0f%%", 100*r.Rules.Share, r.Rules.Cases, 100*Enough)
	}
	for _, i := range r.Insights {
		if i.Seconds > longestInsight {
			return fmt.Errorf("an insight (%s) took %.1f s", i.Case, i.Seconds)
		}
	}
	return nil
}

func (r Report) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "planted bottlenecks (simulated engines)\tcases\tfirst family right")
	row := func(name string, s Score) {
		fmt.Fprintf(t, "%s\t%d\t%.1f%% (%d)\n", name, s.Cases, 100*s.Share, s.Right)
	}
	row("rules", r.Rules)
	row("rules, where a flag helps", r.OnFlags)
	if r.Model != nil {
		row(r.ModelName+", where a flag helps", *r.Model)
	} else {
		fmt.Fprintf(t, "language model\t-\tnot asked: set %s, or %s for another server\n", keyVariable, urlVariable)
	}
	for _, x := range r.Results {
		if x.Rules != x.Expected || x.Failure != "" || x.Model != "" && x.Model != x.Expected {
			fmt.Fprintf(t, "wrong: %s\texpected %s\trules %s\t%s %s\n", x.Case, x.Expected, x.Rules, x.Model, x.Failure)
		}
	}
	fmt.Fprintln(t, "\ninsight against a stand-in of the API\tcalls\tended\tseconds (of 30)")
	for _, i := range r.Insights {
		fmt.Fprintf(t, "%s\t%d\t%s\t%.1f\n", i.Case, i.Attempts, i.Status, i.Seconds)
	}
	return t.Flush()
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
