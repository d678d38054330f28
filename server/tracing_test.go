package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func TestTraced_RequestsAreSpansByRoute_AndJoinTheirCallersTrace(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	s, _ := newServer(t)
	handler := traced(s.Handler(), telemetry.Tracing{TracerProvider: provider, Shutdown: provider.Shutdown})
	for _, path := range []string{"/api/v1/fleets/none", "/metrics", "/health"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
		r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	ended := spans.Ended()
	require.Len(t, ended, 1, "what machines poll makes no spans")
	require.Equal(t, "GET /api/v1/fleets/:fleet", ended[0].Name())
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", ended[0].SpanContext().TraceID().String())
}

// A stream must reach its reader at once, and move its own deadline.
func TestTraced_StreamsStillReachTheConnection(t *testing.T) {
	t.Parallel()
	provider := trace.NewTracerProvider()
	failed := make(chan error, 2)
	server := httptest.NewServer(traced(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		failed <- c.Flush()
		failed <- c.SetWriteDeadline(time.Now().Add(time.Hour))
	}), telemetry.Tracing{TracerProvider: provider, Shutdown: provider.Shutdown}))
	defer server.Close()
	response, err := http.Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, <-failed)
	require.NoError(t, <-failed)
}
