package summary

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/bench/canary"
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/bench/fidelity"
	"github.com/optiinfra/performance-agent/internal/bench/search"
	"github.com/optiinfra/performance-agent/internal/bench/statistics"
)

func searchRows(r search.Report) []Row {
	var out []Row
	for _, draw := range sortedKeys(r.Strategies) {
		strategies := r.Strategies[draw]
		row := Row{What: "search, hidden factors " + draw, Simulated: true, Figure: total(strategies[search.Ours]),
			Method: fmt.Sprintf("%d cases, %d seeds, optimum found exhaustively", strategies[search.Ours].Cases, r.Seeds)}
		for _, name := range sortedKeys(strategies) {
			if name != search.Ours {
				row.Peer += fmt.Sprintf("%s: %s; ", name, total(strategies[name]))
			}
		}
		out = append(out, row)
	}
	return out
}

func total(t search.Total) string {
	trials := "not within the budget"
	if t.TrialsTo95 != nil {
		trials = fmt.Sprintf("%.1f trials", *t.TrialsTo95)
	}
	return fmt.Sprintf("%s to 95%%, %.0f%% of the optimum after 12", trials, 100*t.FractionAt12)
}

func fidelityRows(r fidelity.Result) []Row {
	figure := func(s fidelity.Summary) string {
		return fmt.Sprintf("E2E %.0f%%, ITL %.0f%%, TTFT %.0f%%", 100*s.E2E, 100*s.ITL, 100*s.TTFT)
	}
	return []Row{{What: "simulated engine, median error on runs it was not fitted to", Figure: figure(r.TestSet), Simulated: true,
		Peer: "runs it was fitted to: " + figure(r.FitSet), Method: fmt.Sprintf("%d measured vLLM runs", r.TestSet.Rows)}}
}

func canaryRows(r canary.Report) []Row {
	return []Row{
		Row{What: "bad canaries promoted", Simulated: true, Figure: fmt.Sprintf("%d of %d", r.BadPromoted, r.BadRuns),
			Method: "real rollout workflow in virtual time"}.judged("none", r.BadPromoted == 0 && r.BadRuns > 0),
		Row{What: "good canaries promoted", Simulated: true, Figure: fmt.Sprintf("%d of %d", r.GoodPromoted, r.GoodRuns),
			Method: "real rollout workflow in virtual time"}.judged(">= 95%", r.GoodRuns > 0 && float64(r.GoodPromoted) >= 0.95*float64(r.GoodRuns)),
	}
}

// statisticsRows counts the outcomes: the rows are in the part's own table.
func statisticsRows(r statistics.Report) []Row {
	met, all := 0, 0
	for _, row := range r.Rows {
		if row.AtMost == nil && row.AtLeast == nil {
			continue
		}
		if all++; row.Outcome != statistics.Missed {
			met++
		}
	}
	return []Row{Row{What: "the judge's tests that keep their error rates and power (or are within noise of it)", Simulated: true, Figure: fmt.Sprintf("%d of %d", met, all),
		Method: "simulated samples with planted effects"}.judged("all", met == all && all > 0)}
}

func diagnosisRows(r diagnosis.Report) []Row {
	s := r.Score
	return []Row{{What: "planted bottlenecks named right", Simulated: true, Method: "simulated engines of three kinds",
		Figure: fmt.Sprintf("%d of %d, held out %d of %d", s.RightFinding, s.Cases, s.HeldOutFinding, s.HeldOut)}}
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
