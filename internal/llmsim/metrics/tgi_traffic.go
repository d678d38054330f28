package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// TGITraffic counts what TGI's router counts before a request reaches the
// engine.
type TGITraffic struct {
	count, failure *prometheus.CounterVec
	input, most    *prometheus.HistogramVec
}

// NewTGITraffic registers the router's metrics, whose buckets depend on the
// limits of one request.
func NewTGITraffic(r *prometheus.Registry, maxInputTokens, maxTotalTokens int) *TGITraffic {
	s := series{registry: r}
	return &TGITraffic{
		count:   s.laterCounter("tgi_request_count", "Total number of requests"),
		failure: s.laterCounter("tgi_request_failure", "", "err"),
		input:   s.laterHistogram("tgi_request_input_length", "Input token length per request", tgiTokenBuckets(maxInputTokens)),
		most:    s.laterHistogram("tgi_request_max_new_tokens", "Maximum new tokens per request", tgiTokenBuckets(maxTotalTokens)),
	}
}

// Began takes a request. TGI counts no statuses.
func (t *TGITraffic) Began(string, string) func(status int, in, out int64) {
	return func(int, int64, int64) {}
}

// Asked takes a request that could be read. On the OpenAI routes TGI counts it
// twice: there and where they hand it on.
func (t *TGITraffic) Asked(route string) {
	if strings.HasPrefix(route, "/v1/") {
		t.count.WithLabelValues().Inc()
	}
	t.count.WithLabelValues().Inc()
}

// Accepted takes a request that passed validation, in tokens.
func (t *TGITraffic) Accepted(input, maxNew int) {
	t.input.WithLabelValues().Observe(float64(input))
	t.most.WithLabelValues().Observe(float64(maxNew))
}

// Failed takes a request that gets no answer, by TGI's word for the reason.
func (t *TGITraffic) Failed(reason string) { t.failure.WithLabelValues(reason).Inc() }
