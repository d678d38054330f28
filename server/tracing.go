package main

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

// traced makes a span of every request but those that machines poll. Its numbers
// are switched off: the API has its own, and two of one name break /metrics.
func traced(next http.Handler, traces telemetry.Tracing) http.Handler {
	return otelhttp.NewHandler(next, "request", otelhttp.WithTracerProvider(traces), otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}), otelhttp.WithFilter(func(r *http.Request) bool {
			return r.URL.Path != "/metrics" && !strings.HasPrefix(r.URL.Path, "/health")
		}))
}
