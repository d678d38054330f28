package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// zeroSummary is a summary of observations that are all zero, present after the
// first. It has the quantiles of the Rust exporter, which client_golang's own
// summary cannot declare.
type zeroSummary struct {
	desc  *prometheus.Desc
	count atomic.Uint64
}

func newZeroSummary(name, help string) *zeroSummary {
	return &zeroSummary{desc: prometheus.NewDesc(name, help, nil, nil)}
}

func (z *zeroSummary) add(n int) { z.count.Add(uint64(n)) }

// Describe implements prometheus.Collector.
func (z *zeroSummary) Describe(out chan<- *prometheus.Desc) { out <- z.desc }

// Collect implements prometheus.Collector.
func (z *zeroSummary) Collect(out chan<- prometheus.Metric) {
	n := z.count.Load()
	if n == 0 {
		return
	}
	quantiles := map[float64]float64{0: 0, .5: 0, .9: 0, .95: 0, .99: 0, .999: 0, 1: 0}
	out <- prometheus.MustNewConstSummary(z.desc, n, 0, quantiles)
}
