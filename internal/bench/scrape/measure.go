package scrape

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/common/expfmt"
	names "github.com/prometheus/common/model"

	"github.com/optiinfra/performance-agent/internal/engine"
	reader "github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tickSeconds is how often a fleet is looked at by default.
const tickSeconds = 5

// Row is what one page costs.
type Row struct {
	Page
	Bytes  int  `json:"bytes"`
	Lines  int  `json:"lines"`
	Ours   Cost `json:"ours"`   // parser and mapping
	Parser Cost `json:"parser"` // Prometheus's text parser alone
	// Ratio is ours over the parser's processor time, the median of the rounds'.
	Ratio float64 `json:"ratio"`
	// Scrape is the whole of it over HTTP, the page's server included.
	Scrape Cost `json:"scrape"`
	// PerCore is how many such endpoints one processor scrapes every 5 s.
	PerCore float64 `json:"endpoints_per_core"`
}

// Measure takes the costs of each page.
func Measure(ctx context.Context, pages []Page, engines engine.Registry, effort Effort) ([]Row, error) {
	var out []Row
	for _, p := range pages {
		row, err := measure(ctx, p, engines, effort)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		out = append(out, row)
	}
	return out, nil
}

func measure(ctx context.Context, p Page, engines engine.Registry, effort Effort) (Row, error) {
	row := Row{Page: p, Bytes: len(p.Text), Lines: bytes.Count(p.Text, []byte("\n"))}
	e, err := engines.Engine(p.Engine)
	if err != nil {
		return row, err
	}
	ours := func() error {
		families, err := reader.Parse(bytes.NewReader(p.Text), "text/plain; version=0.0.4")
		if err != nil {
			return err
		}
		engines.Check(p.Engine, families, e.Read(families))
		return nil
	}
	peers := func() error {
		parser := expfmt.NewTextParser(names.UTF8Validation)
		_, err := parser.TextToMetricFamilies(bytes.NewReader(p.Text))
		return err
	}
	if row.Ours, row.Parser, row.Ratio, err = compared(effort, ours, peers); err != nil {
		return row, err
	}
	if row.Scrape, err = whole(ctx, p, engines, effort); err != nil {
		return row, err
	}
	row.PerCore = tickSeconds * 1e6 / row.Scrape.CPUMicros
	return row, nil
}

// whole is a scrape as the worker does it: over a connection that is kept.
func whole(ctx context.Context, p Page, engines engine.Registry, effort Effort) (Cost, error) {
	s, err := serveStatic(p.Text)
	if err != nil {
		return Cost{}, err
	}
	defer s.close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	scraper := reader.New(&http.Client{Transport: transport, Timeout: 10 * time.Second}, engines)
	fleet := serving.Fleet{Name: "bench", Config: serving.EngineConfig{Engine: p.Engine}}
	return alone(effort, func() error {
		_, err := scraper.Read(ctx, fleet, s.url())
		return err
	})
}
