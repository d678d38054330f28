package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// SGLangTraffic counts requests and answers as SGLang's HTTP server does, and
// the requests that their clients gave up.
type SGLangTraffic struct {
	requests, responses, aborted *prometheus.CounterVec
	active                       *prometheus.GaugeVec
}

// NewSGLangTraffic registers the HTTP server's metrics.
func NewSGLangTraffic(r *prometheus.Registry, servedModel string) *SGLangTraffic {
	http := series{registry: r}
	tokenizer := series{registry: r, labels: prometheus.Labels{"model_name": servedModel, "engine_type": "unified"}}
	return &SGLangTraffic{
		requests:  http.laterCounter("sglang:http_requests_total", "Total number of HTTP requests by endpoint and method", "endpoint", "method"),
		responses: http.laterCounter("sglang:http_responses_total", "Total number of HTTP responses by endpoint and status code", "endpoint", "status_code", "method"),
		active:    http.laterGauge("sglang:http_requests_active", "Number of currently active HTTP requests", "endpoint", "method"),
		aborted:   tokenizer.laterCounter("sglang:num_aborted_requests_total", "Number of requests aborted."),
	}
}

// Began takes a request and returns what takes its end.
func (t *SGLangTraffic) Began(route, method string) func(status int, in, out int64) {
	t.requests.WithLabelValues(route, method).Inc()
	active := t.active.WithLabelValues(route, method)
	active.Inc()
	return func(status int, _, _ int64) {
		active.Dec()
		t.responses.WithLabelValues(route, strconv.Itoa(status), method).Inc()
	}
}

// Asked and Accepted are no news to SGLang's metrics.
func (t *SGLangTraffic) Asked(string) {}

// Accepted implements the traffic of the API.
func (t *SGLangTraffic) Accepted(int, int) {}

// Failed takes a request that gets no answer; those of clients that left count
// as aborted.
func (t *SGLangTraffic) Failed(reason string) {
	if reason == "dropped" {
		t.aborted.WithLabelValues().Inc()
	}
}
