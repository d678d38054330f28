package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func probe(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer
}

func TestProbes_AnswerLivenessAndMetricsAndNothingElse(t *testing.T) {
	t.Parallel()
	metrics := newMetrics()
	telemetry.TemporalMetrics(metrics).Counter("temporal_request").Inc(1)
	h := probes(metrics)
	require.Equal(t, http.StatusNoContent, probe(t, h, "/health/live").Code)
	page := probe(t, h, "/metrics")
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "temporal_request_total")
	require.Contains(t, page.Body.String(), "go_goroutines")
	require.Equal(t, http.StatusNotFound, probe(t, h, "/debug").Code)
}

func TestServeProbes_NoAddress_ServesNothing_AndATakenOneIsAnError(t *testing.T) {
	t.Parallel()
	stop, err := serveProbes("", newMetrics())
	require.NoError(t, err)
	stop()
	_, err = serveProbes("256.0.0.1:1", newMetrics())
	require.ErrorContains(t, err, "listen for probes")
}
