package summary

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/bench/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/api"
	"github.com/optiinfra/performance-agent/internal/bench/detection"
)

// facts is what deploy/local writes of a scenario, as far as it is published.
type facts struct {
	Scenario    string `json:"scenario"`
	Outcome     string `json:"outcome"`
	Improvement *struct {
		ThroughputRatio float64 `json:"throughput_ratio"`
		E2EP95Reduction float64 `json:"e2e_p95_reduction"`
	} `json:"improvement"`
	Production struct {
		Requests int `json:"requests"`
		Lost     int `json:"lost"`
	} `json:"production"`
	Generation float64 `json:"generation_seconds"`
	Wall       float64 `json:"wall_seconds"`
}

func runRows(f facts) []Row {
	row := func(what, figure string) Row {
		return Row{What: what, Figure: figure, Simulated: true, Method: "one run of the whole stack, scenario " + f.Scenario}
	}
	var out []Row
	if i := f.Improvement; i != nil {
		out = append(out, row("gain of the winner", fmt.Sprintf("%.1fx throughput, E2E p95 %.0f%% lower", i.ThroughputRatio, 100*i.E2EP95Reduction)).
			judged("3x or 66% lower", i.ThroughputRatio >= 3 || i.E2EP95Reduction >= 0.66).of(throughput))
	}
	out = append(out,
		row("from the start until the optimization is there", fmt.Sprintf("%.0f s", f.Generation)).judged("< 300 s", f.Generation > 0 && f.Generation < 300).of(generated),
		row("the whole run, rollout included", fmt.Sprintf("%.0f s, %s", f.Wall, f.Outcome)),
		row("users' requests lost", fmt.Sprintf("%d of %d", f.Production.Lost, f.Production.Requests)).
			judged("none", f.Production.Requests > 0 && f.Production.Lost == 0).of(lost))
	if n := f.Production.Requests; n > 0 {
		share := 1 - float64(f.Production.Lost)/float64(n)
		out = append(out, row("users' requests answered whole while optimizing (latency objectives are not in it: the badly tuned start breaks them by design)",
			fmt.Sprintf("%.3f%%", 100*share)).of(compliance)) // not judged: it is a part of compliance only
	}
	return out
}

func apiRows(r api.Report) []Row {
	method := fmt.Sprintf("real server on %s under %.0f mixed reads/s, by vegeta", r.Database, r.Reads.SentPerSecond)
	met := r.Reads.Errors == 0
	return []Row{
		Row{What: "API reads, p95", Method: method, Figure: millis(r.Reads.P95Seconds), Peer: "a server that does nothing: " + millis(r.Control.P95Seconds)}.
			judged("< 200 ms", met && r.Reads.P95Seconds < 0.2).of(apiLatency),
		Row{What: "API reads, p95, by our own goal", Method: method, Figure: millis(r.Reads.P95Seconds), Peer: "a server that does nothing: " + millis(r.Control.P95Seconds)}.
			judged("< 20 ms", met && r.Reads.P95Seconds < r.GoalP95),
		{What: "API reads, p99", Method: method, Figure: millis(r.Reads.P99Seconds), Peer: "a server that does nothing: " + millis(r.Control.P99Seconds)},
		Row{What: "starts of runs accepted and kept", Method: fmt.Sprintf("%.0f starts/s", r.Starts.SentPerSecond), Figure: fmt.Sprintf("%d of %d", r.Kept.Records, r.Starts.Requests)}.
			judged("all", r.Starts.Errors == 0 && r.Kept.Records >= r.Kept.Accepted && r.Kept.Workflows >= r.Kept.Accepted),
	}
}

// detectionRows shows the row of all runs, so that no share of traffic is left out.
func detectionRows(r detection.Report) []Row {
	var out []Row
	for _, row := range r.Rows {
		method := fmt.Sprintf("%d real rollouts whose canary breaks, worst", row.Detection.Runs)
		d := Row{What: "violation to detection, " + row.Name, Method: method, Simulated: true, Figure: spread(row.Detection)}.judged("< 30 s", row.Detection.Met)
		b := Row{What: "violation to restored weights, " + row.Name, Method: method, Simulated: true, Figure: spread(row.Restoration)}.judged("< 120 s", row.Restoration.Met)
		switch row.Name {
		case "all":
			out = append(out, d.of(detected), b.of(restored))
		case "all of 5%", "all of 25%", "all of 50%":
			out = append(out, d, b)
		}
	}
	return out
}

func spread(s detection.Spread) string {
	if s.Worst == nil || s.P50 == nil {
		return fmt.Sprintf("%d of %d never within the limit", s.Missing, s.Runs)
	}
	return fmt.Sprintf("p50 %.1f s, worst %.1f s", *s.P50, *s.Worst)
}

func advisorRows(r advisor.Report) []Row {
	out := []Row{Row{What: "right first cause, by the rules", Simulated: true, Method: fmt.Sprintf("%d planted bottlenecks", r.Rules.Cases),
		Figure: fmt.Sprintf("%.1f%%", 100*r.Rules.Share)}.judged("> 85%", r.Rules.Share > advisor.Enough)}
	worst := 0.0
	for _, i := range r.Insights {
		worst = max(worst, i.Seconds)
	}
	if len(r.Insights) > 0 {
		out = append(out, Row{What: "an insight, slowest", Simulated: true, Figure: fmt.Sprintf("%.1f s", worst),
			Method: fmt.Sprintf("%d behaviours of a stand-in of the API, waits counted", len(r.Insights))}.judged("< 30 s", worst < 30).of(insight))
	}
	return out
}

func millis(seconds float64) string { return fmt.Sprintf("%.1f ms", 1e3*seconds) }
