package metrics

import "github.com/prometheus/client_golang/prometheus"

// series makes and registers the metrics of one engine, all with its labels.
type series struct {
	registry *prometheus.Registry
	labels   prometheus.Labels
}

func (s series) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: s.labels})
	s.registry.MustRegister(g)
	return g
}

func (s series) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: s.labels})
	s.registry.MustRegister(c)
	return c
}

func (s series) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: s.labels, Buckets: buckets})
	s.registry.MustRegister(h)
	return h
}

// counters makes one counter for each value of a label, present from the start
// at zero as in the engine.
func (s series) counters(name, help, label string, values ...string) map[string]prometheus.Counter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: s.labels}, []string{label})
	s.registry.MustRegister(vec)
	out := make(map[string]prometheus.Counter, len(values))
	for _, v := range values {
		out[v] = vec.WithLabelValues(v)
	}
	return out
}

func (s series) gauges(name, help, label string, values ...string) map[string]prometheus.Gauge {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: s.labels}, []string{label})
	s.registry.MustRegister(vec)
	out := make(map[string]prometheus.Gauge, len(values))
	for _, v := range values {
		out[v] = vec.WithLabelValues(v)
	}
	return out
}
