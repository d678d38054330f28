package telemetry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

// collected is a collector that keeps what it is sent.
func collected(t *testing.T) (address string, take func() *collector.ExportTraceServiceRequest) {
	t.Helper()
	sent := make(chan *collector.ExportTraceServiceRequest, 8)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if r.URL.Path == "/v1/traces" && err == nil && proto.Unmarshal(body, &request) == nil {
			sent <- &request
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() *collector.ExportTraceServiceRequest {
		select {
		case r := <-sent:
			return r
		default:
			return nil
		}
	}
}

func TestTracing_SpansReachTheCollectorByTheEndAtLatest(t *testing.T) {
	t.Parallel()
	address, take := collected(t)
	traces, err := telemetry.NewTracing(t.Context(), telemetry.TracingOptions{Endpoint: address + "/v1/traces", Share: 1, Service: "me", Version: "7"})
	require.NoError(t, err)
	_, span := traces.Tracer("test").Start(t.Context(), "work")
	span.End()
	require.NoError(t, traces.Shutdown(t.Context()))
	request := take()
	require.NotNil(t, request)
	require.Equal(t, "work", request.ResourceSpans[0].ScopeSpans[0].Spans[0].Name)
	about := map[string]string{}
	for _, a := range request.ResourceSpans[0].Resource.Attributes {
		about[a.Key] = a.Value.GetStringValue()
	}
	require.Equal(t, map[string]string{"service.name": "me", "service.version": "7"}, about)
}

func TestTracing_BaseAddress_IsTheCollectors(t *testing.T) {
	t.Parallel()
	address, take := collected(t)
	traces, err := telemetry.NewTracing(t.Context(), telemetry.TracingOptions{Endpoint: address, Share: 1})
	require.NoError(t, err)
	_, span := traces.Tracer("test").Start(t.Context(), "work")
	span.End()
	require.NoError(t, traces.Shutdown(t.Context()))
	require.NotNil(t, take())
}

func TestTracing_OffOrShareOfNone_SendsNothing(t *testing.T) {
	t.Parallel()
	address, take := collected(t)
	for _, o := range []telemetry.TracingOptions{{}, {Endpoint: address + "/v1/traces"}} {
		traces, err := telemetry.NewTracing(t.Context(), o)
		require.NoError(t, err)
		_, span := traces.Tracer("test").Start(t.Context(), "work")
		require.False(t, span.IsRecording())
		span.End()
		require.NoError(t, traces.Shutdown(t.Context()))
		require.Nil(t, take())
	}
}

func TestLog_LinesWithinASpan_LeadToItsTrace(t *testing.T) {
	t.Parallel()
	address, _ := collected(t)
	traces, err := telemetry.NewTracing(t.Context(), telemetry.TracingOptions{Endpoint: address, Share: 1})
	require.NoError(t, err)
	ctx, span := traces.Tracer("test").Start(t.Context(), "work")
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "info", "json")
	require.NoError(t, err)
	log.With("fleet", "chat").InfoContext(ctx, "in it")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, span.SpanContext().TraceID().String(), line["trace_id"])
	require.Equal(t, "chat", line["fleet"])
	out.Reset()
	log.Info("outside of any")
	require.NotContains(t, out.String(), "trace_id")
	span.End()
	require.NoError(t, traces.Shutdown(t.Context()))
}
