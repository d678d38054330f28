package loadgen

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printTable shows both clients side by side, a dash for what one cannot measure.
func printTable(w io.Writer, r Report) {
	s := r.Scenario
	fmt.Fprintf(w, "load generator: %d streams of %d tokens/s (%.4g requests/s, %d tokens each), GOMAXPROCS=1\n\n",
		s.Streams, s.TokensASecond, s.Rate(), s.Tokens)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	clients := []Client{r.Ours}
	if r.Peer != nil {
		clients = append(clients, *r.Peer)
	}
	row := func(name string, cell func(Client) string) {
		fmt.Fprint(t, name)
		for _, c := range clients {
			fmt.Fprint(t, "\t", cell(c))
		}
		fmt.Fprintln(t)
	}
	own := func(cell func(Client) string) func(Client) string {
		return func(c Client) string {
			if c.Result == nil {
				return "-"
			}
			return cell(c)
		}
	}
	row("", func(c Client) string { return c.Name })
	row("share of one processor", func(c Client) string { return fmt.Sprintf("%.0f%%", c.CPUShare*100) })
	row("processor time an event", func(c Client) string { return fmt.Sprintf("%.1f us", c.CPUMicrosPerEvent) })
	row("requests/s at the server", func(c Client) string { return fmt.Sprintf("%.2f", c.Server.Arrivals.PerSecond) })
	row("behind the rate, p50 / p99 / max, at the server", func(c Client) string {
		a := c.Server.Arrivals
		return fmt.Sprintf("%s / %s / %s", millis(a.P50Seconds), millis(a.P99Seconds), millis(a.MaxSeconds))
	})
	row("whole answer, p50 / p99", func(c Client) string {
		return fmt.Sprintf("%.3f / %.3f s", c.AnswerP50Seconds, c.AnswerP99Seconds)
	})
	row("errors", func(c Client) string { return fmt.Sprint(c.Errors) })
	row("tokens/s that arrived", own(func(c Client) string { return fmt.Sprintf("%.0f", c.Result.OutputTokensPerSecond) }))
	row("own lag p99", own(func(c Client) string { return millis(c.Result.LagP99Seconds) }))
	row("own wait for a processor p99", own(func(c Client) string { return millis(c.Result.WakeP99Seconds) }))
	row("first token, p50 / p99", own(func(c Client) string {
		return millis(c.Result.TTFT.P50Seconds) + " / " + millis(c.Result.TTFT.P99Seconds)
	}))
	row("between tokens, p50 / p99", own(func(c Client) string {
		if c.Result.TokenGaps == nil {
			return "-"
		}
		return millis(c.Result.TokenGaps.P50Seconds) + " / " + millis(c.Result.TokenGaps.P99Seconds)
	}))
	row("server's own lateness with a token p99", func(c Client) string { return millis(c.Server.TokenLateP99Seconds) })
	_ = t.Flush()
	verdict := "its own verdict: the result is valid"
	if why := r.Ours.Result.Invalid; why != "" {
		verdict = "its own verdict: INVALID, " + why
	}
	fmt.Fprintf(w, "\n%s\n", verdict)
	if r.PeerMissing != "" {
		fmt.Fprintf(w, "no comparison: %s\n", r.PeerMissing)
	}
}

func millis(seconds float64) string { return fmt.Sprintf("%.1f ms", seconds*1e3) }
