package summary

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/bench/gateway"
	"github.com/optiinfra/performance-agent/internal/bench/growth"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/scrape"
	"github.com/optiinfra/performance-agent/internal/bench/watch"
)

func scrapeRows(r scrape.Report) []Row {
	var out []Row
	for _, row := range r.Rows {
		out = append(out, Row{What: fmt.Sprintf("read the page %s (%.0f KiB)", row.Name, float64(row.Bytes)/1024), Simulated: row.Simulated,
			Figure: fmt.Sprintf("%.0f us parse and mapping, %.0f us whole scrape, %.0f endpoints a core at 5 s", row.Ours.CPUMicros, row.Scrape.CPUMicros, row.PerCore),
			Peer:   fmt.Sprintf("Prometheus's parser alone %.0f us (ratio %.2f)", row.Parser.CPUMicros, row.Ratio), Method: "processor time, median of rounds"})
	}
	return out
}

func watchRows(r watch.Report) []Row {
	out := []Row{{What: "watching a fleet every 5 s", Simulated: true, Method: fmt.Sprintf("%d fleets in one process, simulated routers", r.Load.Fleets),
		Figure: fmt.Sprintf("%.2f ms of CPU a look, %.0f fleets a core, %.0f KiB a fleet", r.CPUMillisPerLook, r.FleetsPerCore, r.KiBPerFleet)}}
	for _, row := range r.Rows {
		out = append(out, Row{What: "how late the watch found " + row.Upset, Simulated: true, Method: fmt.Sprintf("%d fleets", row.Fleets),
			Figure: fmt.Sprintf("p50 %.1f s, worst %.1f s, found %d of %d", row.P50Seconds, row.MaxSeconds, row.Found, row.Fleets)}.
			judged("all < 30 s", row.Found == row.Fleets && row.MaxSeconds < 30))
	}
	return out
}

// gatewayRows puts each kind of traffic's two proxies into one row.
func gatewayRows(r gateway.Report) []Row {
	byTraffic := map[string]map[string]gateway.Row{}
	var order []string
	for _, row := range r.Rows {
		if byTraffic[row.Traffic] == nil {
			byTraffic[row.Traffic] = map[string]gateway.Row{}
			order = append(order, row.Traffic)
		}
		byTraffic[row.Traffic][row.Way] = row
	}
	figure := func(g gateway.Row) string {
		return fmt.Sprintf("adds %.2f ms at p50, %.2f ms at p99; at most %.0f/s, %.0f us of CPU each", 1e3*g.AddedP50Seconds, 1e3*g.AddedP99Seconds,
			g.MaxPerSecond, g.CPUMicros)
	}
	var out []Row
	for _, t := range order {
		ways := byTraffic[t]
		ours := ways[gateway.Ours]
		out = append(out, Row{What: "gateway, " + t, Figure: figure(ours), Peer: "HAProxy " + figure(ways[gateway.Peers]),
			Method: fmt.Sprintf("one tiny upstream, vegeta, %d processors for all", r.Processors)}.judged("no errors", ours.Errors == 0))
	}
	return out
}

func loadgenRows(r loadgen.Report) []Row {
	row := Row{What: "load generator, token streams on one processor", Method: "a token server that costs nothing, 20 tokens/s a stream",
		Figure: fmt.Sprintf("%d streams at %.0f%% of a processor", r.Scenario.Streams, 100*r.Ours.CPUShare)}
	if p := r.Peer; p != nil {
		row.Peer = fmt.Sprintf("%s %.0f%%", p.Name, 100*p.CPUShare)
	}
	valid := r.Ours.Result != nil && r.Ours.Result.Invalid == ""
	return []Row{row.judged("valid by its own verdict", valid)}
}

func growthRows(r growth.Report) []Row {
	var out []Row
	for _, e := range r.Entries {
		out = append(out, Row{What: "history in Temporal: " + e.Name, Figure: fmt.Sprintf("%.0f events, %.0f KiB", e.Events, e.Bytes/1024),
			Method: "counted in histories recorded on a dev server"})
	}
	return out
}
