package api

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// advisorCollector tells of the advisor from the store, so that it is right
// whichever worker asked, and whatever was restarted. Gauges, because old records
// are removed.
type advisorCollector struct {
	server *Server
	mu     sync.Mutex
	at     time.Time
	last   []prometheus.Metric
}

// Of the latest day, and at most this old when they are read.
const (
	advisorWindow  = 24 * time.Hour
	advisorRefresh = 15 * time.Second
	advisorTimeout = 2 * time.Second
)

var (
	advisorCalls = prometheus.NewDesc("performance_agent_advisor_calls",
		"Calls to the language model in the last 24 hours, by how they ended.", []string{"status"}, nil)
	advisorTokens = prometheus.NewDesc("performance_agent_advisor_tokens",
		"Tokens of calls to the language model in the last 24 hours.", []string{"kind"}, nil)
	sourceCandidates = prometheus.NewDesc("performance_agent_candidates",
		"Candidates of the latest 200 runs by who proposed them and what came of them: proposed, tried, better than the best before, won.", []string{"source", "result"}, nil)
	sourceHits = prometheus.NewDesc("performance_agent_candidate_hit_ratio",
		"Share of a source's tried candidates that beat the best measured before them, in the latest 200 runs.", []string{"source"}, nil)
)

// Describe implements prometheus.Collector.
func (c *advisorCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{advisorCalls, advisorTokens, sourceCandidates, sourceHits} {
		out <- d
	}
}

// Collect implements prometheus.Collector. A store that does not answer leaves the
// numbers out: absent is not zero.
func (c *advisorCollector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.server.deps.Now(); c.last == nil || now.Sub(c.at) > advisorRefresh {
		ctx, cancel := context.WithTimeout(context.Background(), advisorTimeout)
		defer cancel()
		read, err := c.read(ctx, now)
		if err != nil {
			c.server.deps.Log.WarnContext(ctx, "the advisor's metrics cannot be read", "error", err)
			return
		}
		c.last, c.at = read, now
	}
	for _, m := range c.last {
		out <- m
	}
}

func (c *advisorCollector) read(ctx context.Context, now time.Time) ([]prometheus.Metric, error) {
	calls, err := c.server.deps.Store.ExchangesSince(ctx, now.Add(-advisorWindow))
	if err != nil {
		return nil, err
	}
	scores, _, err := c.server.scores(ctx, "")
	if err != nil {
		return nil, err
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
		return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	var out []prometheus.Metric
	prompt, completion := 0, 0
	for _, status := range serving.ExchangeStatuses() {
		use := calls[status]
		out = append(out, gauge(advisorCalls, float64(use.Attempts), string(status)))
		prompt, completion = prompt+use.PromptTokens, completion+use.CompletionTokens
	}
	out = append(out, gauge(advisorTokens, float64(prompt), "prompt"), gauge(advisorTokens, float64(completion), "completion"))
	for _, s := range scores {
		for result, n := range map[string]int{"proposed": s.Proposed, "tried": s.Tried, "better": s.Better, "won": s.Won} {
			out = append(out, gauge(sourceCandidates, float64(n), string(s.Source), result))
		}
		if rate, known := s.HitRate().Get(); known {
			out = append(out, gauge(sourceHits, rate, string(s.Source)))
		}
	}
	return out, nil
}
