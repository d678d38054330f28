package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// httpMetrics are our own numbers, in a registry of their own.
type httpMetrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	alerts   *prometheus.CounterVec
}

// unrouted labels requests that matched no route, whatever their path was.
const unrouted = "unmatched"

func newHTTPMetrics() *httpMetrics {
	m := &httpMetrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "performance_agent_api_requests_total", Help: "Requests by route template and status.",
		}, []string{"method", "route", "status"}),
		// The target is p95 under 200 ms with an aim of p99 under 20 ms; the bounds
		// are dense around both.
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "performance_agent_api_request_duration_seconds", Help: "Time to answer by route template.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .2, .5, 1, 5, 30},
		}, []string{"method", "route"}),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "performance_agent_alerts_total", Help: "Alerts that Alertmanager sent, by what became of them; unknown ones name no fleet.",
		}, []string{"result"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.alerts, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *httpMetrics) count(method, path string, status int, took time.Duration) {
	if path == "" {
		path = unrouted
	}
	if !knownMethod(method) {
		method = "other"
	}
	m.requests.WithLabelValues(method, path, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, path).Observe(took.Seconds())
}

// knownMethod keeps a scanner's inventions from becoming series.
func knownMethod(m string) bool {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return true
	}
	return false
}

func (m *httpMetrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
