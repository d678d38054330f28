package metrics

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// HTTP counts requests as prometheus_fastapi_instrumentator does in front of
// vLLM: this is where its errors are found.
type HTTP struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewHTTP registers the HTTP metrics and those of the process.
func NewHTTP(r *prometheus.Registry) *HTTP {
	h := &HTTP{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Total number of requests by method, status and handler.",
		}, []string{"handler", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Buckets: []float64{.1, .5, 1},
			Help: "Latency with only few buckets by handler. Made to be only used if aggregation by handler is important.",
		}, []string{"handler", "method"}),
	}
	r.MustRegister(h.requests, h.duration, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return h
}

// Observe takes one answered request.
func (h *HTTP) Observe(handler, method string, status int, took time.Duration) {
	h.requests.WithLabelValues(handler, method, fmt.Sprintf("%dxx", status/100)).Inc()
	h.duration.WithLabelValues(handler, method).Observe(took.Seconds())
}

// Handler serves the registry in the text format 0.0.4, whatever is asked for,
// as vLLM's Python server does.
func Handler(g prometheus.Gatherer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		families, err := g.Gather()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		format := expfmt.NewFormat(expfmt.TypeTextPlain)
		w.Header().Set("Content-Type", string(format))
		encoder := expfmt.NewEncoder(w, format)
		for _, f := range families {
			if encoder.Encode(f) != nil {
				return // the scraper has gone
			}
		}
	})
}
