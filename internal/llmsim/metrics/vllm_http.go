package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// VLLMTraffic counts requests as prometheus_fastapi_instrumentator does in front
// of vLLM: this is where its errors are found.
type VLLMTraffic struct {
	requests              *prometheus.CounterVec
	duration              *prometheus.HistogramVec
	all                   prometheus.Histogram
	received, transmitted *prometheus.SummaryVec
}

// NewVLLMTraffic registers the HTTP metrics and those of the process.
func NewVLLMTraffic(r *prometheus.Registry) *VLLMTraffic {
	s := series{registry: r}
	t := &VLLMTraffic{
		requests: s.laterCounter("http_requests_total", "Total number of requests by method, status and handler.", "handler", "method", "status"),
		duration: s.laterHistogram("http_request_duration_seconds",
			"Latency with only few buckets by handler. Made to be only used if aggregation by handler is important.",
			[]float64{.1, .5, 1}, "handler", "method"),
		all: s.histogram("http_request_duration_highr_seconds",
			"Latency with many buckets but no API specific labels. Made for more accurate percentile calculations.", httpBuckets()),
		received:    bodySizes("http_request_size_bytes", "incoming requests"),
		transmitted: bodySizes("http_response_size_bytes", "outgoing responses"),
	}
	r.MustRegister(t.received, t.transmitted, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

func bodySizes(name, of string) *prometheus.SummaryVec {
	return prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: name,
		Help: "Content length of " + of + " by handler. Only value of header is respected. Otherwise ignored. No percentile calculated.",
	}, []string{"handler"})
}

// Began takes a request and returns what takes its end: the status and the
// sizes of the bodies as their headers state them, 0 where they do not.
func (t *VLLMTraffic) Began(route, method string) func(status int, in, out int64) {
	began := time.Now()
	return func(status int, in, out int64) {
		took := time.Since(began).Seconds()
		t.requests.WithLabelValues(route, method, fmt.Sprintf("%dxx", status/100)).Inc()
		t.duration.WithLabelValues(route, method).Observe(took)
		t.all.Observe(took)
		t.received.WithLabelValues(route).Observe(float64(max(in, 0)))
		t.transmitted.WithLabelValues(route).Observe(float64(max(out, 0)))
	}
}

// Asked, Accepted and Failed are no news to vLLM's metrics beyond the status.
func (t *VLLMTraffic) Asked(string) {}

// Accepted implements the traffic of the API.
func (t *VLLMTraffic) Accepted(int, int) {}

// Failed implements the traffic of the API.
func (t *VLLMTraffic) Failed(string) {}
