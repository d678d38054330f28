package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// flushTimeout is what a process's end spends on a collector that may be away.
const flushTimeout = 3 * time.Second

// Tracing is where a process's spans go.
type Tracing struct {
	api.TracerProvider
	// Shutdown sends what is left. It returns when ctx ends at the latest.
	Shutdown func(ctx context.Context) error
}

// Flush is the end of a process: it sends what is left, and says if it could not.
func (t Tracing) Flush(log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := t.Shutdown(ctx); err != nil {
		log.Warn("the last traces were not taken", "error", err)
	}
}

// TracingOptions say where spans go, and of how many requests.
type TracingOptions struct {
	// Endpoint is the URL of a collector that takes OTLP over HTTP, as
	// http://collector:4318; "" traces nothing.
	Endpoint string
	// Share of traces that are kept, 0..1; a caller's own decision goes before it.
	Share            float64
	Service, Version string
}

// NewTracing prepares tracing. It calls nobody: a collector that is away costs
// spans and nothing else.
func NewTracing(ctx context.Context, o TracingOptions) (Tracing, error) {
	if o.Endpoint == "" {
		return Tracing{noop.NewTracerProvider(), func(context.Context) error { return nil }}, nil
	}
	endpoint, err := url.Parse(o.Endpoint)
	if err != nil {
		return Tracing{}, fmt.Errorf("trace endpoint: %w", err)
	}
	if strings.Trim(endpoint.Path, "/") == "" {
		endpoint.Path = "/v1/traces" // where OTLP has them
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint.String()))
	if err != nil {
		return Tracing{}, fmt.Errorf("trace endpoint: %w", err)
	}
	// Names of the semantic conventions, which are stable for these two.
	self := resource.NewSchemaless(attribute.String("service.name", o.Service), attribute.String("service.version", o.Version))
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(self),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(o.Share))))
	return Tracing{provider, provider.Shutdown}, nil
}
