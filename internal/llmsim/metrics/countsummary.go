package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// countSummary is a summary of small whole numbers, present after the first. It
// has the quantiles of the Rust exporter, which client_golang's own summary
// cannot declare.
type countSummary struct {
	desc *prometheus.Desc
	mu   sync.Mutex
	seen [perfmodel.MaxDrafts + 1]uint64 // how often each number was observed
}

func newCountSummary(name, help string) *countSummary {
	return &countSummary{desc: prometheus.NewDesc(name, help, nil, nil)}
}

func (c *countSummary) observe(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[min(n, perfmodel.MaxDrafts)]++
}

// Describe implements prometheus.Collector.
func (c *countSummary) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

// Collect implements prometheus.Collector.
func (c *countSummary) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	seen := c.seen
	c.mu.Unlock()
	count, sum := uint64(0), 0.0
	for n, times := range seen {
		count += times
		sum += float64(n) * float64(times)
	}
	if count == 0 {
		return
	}
	quantiles := map[float64]float64{}
	for _, q := range []float64{0, .5, .9, .95, .99, .999, 1} {
		quantiles[q] = quantile(seen[:], q*float64(count))
	}
	out <- prometheus.MustNewConstSummary(c.desc, count, sum, quantiles)
}

// quantile is the number at a rank.
func quantile(seen []uint64, rank float64) float64 {
	below := 0.0
	last := 0
	for n, times := range seen {
		if times == 0 {
			continue
		}
		last = n
		if below += float64(times); below >= rank {
			break
		}
	}
	return float64(last)
}
