package gateway

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/bench/record"
)

// Row is how one way did with one kind of traffic, in medians of the rounds.
type Row struct {
	Traffic string `json:"traffic"`
	Way     string `json:"way"`
	// MaxPerSecond is of the closed loop; CPUMicros the proxy's processor time of a
	// request there.
	MaxPerSecond float64 `json:"max_per_second"`
	CPUMicros    float64 `json:"cpu_us_per_request"`
	// OpenPerSecond is what the open loop sent, with these latencies.
	OpenPerSecond float64 `json:"open_per_second"`
	P50Seconds    float64 `json:"p50_seconds"`
	P99Seconds    float64 `json:"p99_seconds"`
	// AddedP50Seconds is what the way adds to direct, and RatioP50 the way's p50 over
	// direct's.
	AddedP50Seconds float64 `json:"added_p50_seconds"`
	AddedP99Seconds float64 `json:"added_p99_seconds"`
	RatioP50        float64 `json:"ratio_p50"`
	Errors          int     `json:"errors"`
}

// Report is what the part measured.
type Report struct {
	Processors int       `json:"processors"`
	Clients    int       `json:"clients"`
	Rows       []Row     `json:"rows"`
	Traffic    []Traffic `json:"traffic"`
}

// Run measures, prints a table and writes the report to a JSON file. haproxyConfig is
// the shipped configuration's path.
func Run(w io.Writer, file, haproxyConfig string, effort Effort) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := open(ctx, haproxyConfig)
	defer s.close()
	if err != nil {
		return err
	}
	traffic, err := measure(ctx, s, effort)
	if err != nil {
		return err
	}
	r := ReportOf(traffic)
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print the gateway: %w", err)
	}
	return record.Write(file, r)
}

// ReportOf sums the rounds up.
func ReportOf(traffic []Traffic) Report {
	r := Report{Processors: runtime.GOMAXPROCS(0), Clients: clients, Traffic: traffic}
	for _, t := range traffic {
		for _, name := range []string{Direct, Ours, Peers} {
			r.Rows = append(r.Rows, t.row(name))
		}
	}
	return r
}

func (t Traffic) row(name string) Row {
	p50, p99 := func(p Point) float64 { return p.P50Seconds }, func(p Point) float64 { return p.P99Seconds }
	closed, open, straight := t.Closed[name], t.Open[name], t.Open[Direct]
	row := Row{Traffic: t.Name, Way: name, MaxPerSecond: median(closed, perSecond),
		CPUMicros: median(closed, func(p Point) float64 { return p.CPUMicros }), OpenPerSecond: median(open, func(p Point) float64 { return p.SentPerSecond }),
		P50Seconds: median(open, p50), P99Seconds: median(open, p99)}
	row.AddedP50Seconds, row.AddedP99Seconds = row.P50Seconds-median(straight, p50), row.P99Seconds-median(straight, p99)
	if base := median(straight, p50); base > 0 {
		row.RatioP50 = row.P50Seconds / base
	}
	for _, rounds := range [][]Point{closed, open} {
		for _, p := range rounds {
			row.Errors += p.Errors
		}
	}
	return row
}

// Print writes a line for each way and kind of traffic.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "gateway\tway\tmax/s\tproxy's CPU us a request\tat/s\tp50 ms\tp99 ms\tadded p50 ms\tadded p99 ms\tp50 over direct\terrors")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.3f\t%d\n", row.Traffic, row.Way, row.MaxPerSecond, row.CPUMicros,
			row.OpenPerSecond, 1e3*row.P50Seconds, 1e3*row.P99Seconds, 1e3*row.AddedP50Seconds, 1e3*row.AddedP99Seconds, row.RatioP50, row.Errors)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "whole chain on %d processors: upstream, proxy and vegeta; max is a closed loop of %d clients, latency an open loop (streams: a token every %d ms, so 1 s of them is direct)\n",
		r.Processors, r.Clients, tokenTime.Milliseconds())
	return err
}
