package metrics

import "github.com/prometheus/client_golang/prometheus"

// series makes and registers the metrics of one engine, all with its labels.
type series struct {
	registry prometheus.Registerer
	labels   prometheus.Labels
}

// with has more labels.
func (s series) with(more prometheus.Labels) series {
	labels := prometheus.Labels{}
	for _, from := range []prometheus.Labels{s.labels, more} {
		for name, value := range from {
			labels[name] = value
		}
	}
	return series{registry: s.registry, labels: labels}
}

func (s series) gauge(name, help string) prometheus.Gauge {
	return s.laterGauge(name, help).WithLabelValues()
}

func (s series) counter(name, help string) prometheus.Counter {
	return s.laterCounter(name, help).WithLabelValues()
}

func (s series) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: s.labels, Buckets: buckets})
	s.registry.MustRegister(h)
	return h
}

// counters makes one counter for each value of a label, present from the start
// at zero.
func (s series) counters(name, help, label string, values ...string) map[string]prometheus.Counter {
	vec := s.laterCounter(name, help, label)
	out := make(map[string]prometheus.Counter, len(values))
	for _, v := range values {
		out[v] = vec.WithLabelValues(v)
	}
	return out
}

func (s series) gauges(name, help, label string, values ...string) map[string]prometheus.Gauge {
	vec := s.laterGauge(name, help, label)
	out := make(map[string]prometheus.Gauge, len(values))
	for _, v := range values {
		out[v] = vec.WithLabelValues(v)
	}
	return out
}

// The series of the later ones exist only once they have been updated.

func (s series) laterGauge(name, help string, labels ...string) *prometheus.GaugeVec {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: s.labels}, labels)
	s.registry.MustRegister(vec)
	return vec
}

func (s series) laterCounter(name, help string, labels ...string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: s.labels}, labels)
	s.registry.MustRegister(vec)
	return vec
}

func (s series) laterHistogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, ConstLabels: s.labels, Buckets: buckets}, labels)
	s.registry.MustRegister(vec)
	return vec
}

// timeLost is the one family of our own.
func (s series) timeLost() *prometheus.CounterVec {
	return s.laterCounter("llmsim_time_lost_seconds_total",
		"Seconds by which the host was too slow for the simulated engine. While it rises, the host and not the model sets the speed.")
}
