package summary

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/bench/gateway"
	"github.com/optiinfra/performance-agent/internal/bench/growth"
	"github.com/optiinfra/performance-agent/internal/bench/loadgen"
	"github.com/optiinfra/performance-agent/internal/bench/scale"
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

// scaleRows leave the extrapolation in words, since nothing measured it.
func scaleRows(r scale.Report) []Row {
	method := fmt.Sprintf("one worker, %d simulated fleets, real Temporal dev server and Postgres", r.Load.Fleets)
	row := func(what, figure string, l scale.Line) Row {
		return Row{What: what, Figure: figure, Method: method, Simulated: true}.judged("a straight line, R2 > 0.95", l.R2 > 0.95)
	}
	n := float64(max(r.Load.Fleets, 1))
	worst, all := r.Worst()
	return []Row{
		row("worker's CPU a fleet", fmt.Sprintf("%.2f%% of a processor, R2 %.3f", 100*r.CPU.PerFleet, r.CPU.R2), r.CPU),
		row("worker's memory a fleet", fmt.Sprintf("%.0f KiB, R2 %.3f", r.RSS.PerFleet/1024, r.RSS.R2), r.RSS),
		scaleEvents(r, row("events in Temporal an hour and fleet", fmt.Sprintf("%.0f, R2 %.3f", r.Events.At(n)/n, r.Events.R2), r.Events)),
		row("rows in the database an hour and fleet", fmt.Sprintf("%.0f, R2 %.3f", r.Rows.At(n)/n, r.Rows.R2), r.Rows),
		Row{What: "how late a break is noticed beside all others", Method: method, Simulated: true, Figure: fmt.Sprintf("worst %.1f s, noticed %d of %d", worst, len(r.Late), r.Broken)}.
			judged("all < 30 s", all && worst < 30),
		{What: "10,000 fleets", Method: "arithmetic on the lines", Simulated: true, Figure: r.Extrapolation()},
	}
}

// scaleEvents has no verdict where the steps were too short for one.
func scaleEvents(r scale.Report, row Row) Row {
	if !r.EventsWhole() {
		row.Goal, row.Outcome = "", ""
		row.Method += "; steps shorter than a monitor's round, see growth"
	}
	return row
}
