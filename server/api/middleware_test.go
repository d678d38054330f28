package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api"
)

func TestErrorsOfTheRouter_AreProblems(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	huge := `{"name":"` + strings.Repeat("x", 2<<20) + `"}`
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
	}{
		"unknown route":     {http.MethodGet, "/api/v1/nothing", nil, http.StatusNotFound},
		"unknown method":    {http.MethodDelete, "/api/v1/fleets", nil, http.StatusMethodNotAllowed},
		"huge body":         {http.MethodPost, "/api/v1/fleets", huge, http.StatusRequestEntityTooLarge},
		"just over a MiB":   {http.MethodPost, "/api/v1/fleets", strings.Repeat(" ", 1<<20+1), http.StatusRequestEntityTooLarge},
		"huge body and key": {http.MethodPost, runsPath, huge, http.StatusRequestEntityTooLarge},
		"foreign type":      {http.MethodPost, "/api/v1/fleets", "name: chat", http.StatusUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Idempotency-Key", "k-" + name}
			if name == "foreign type" {
				headers = []string{"Content-Type", "text/yaml"}
			}
			r := h.do(c.method, c.path, c.body, headers...)
			require.Equal(t, c.status, r.Code, r.Body.String()[:min(300, r.Body.Len())])
			r.problem()
			require.Less(t, r.Body.Len(), 2000, "a rejected body is not sent back")
		})
	}
	require.Contains(t, h.do(http.MethodDelete, "/api/v1/fleets", nil).Header().Get("Allow"), "POST")
}

func TestRateLimit_TooMany_SaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(_ *api.Deps, c *api.Config) { c.RatePerSecond, c.Burst = .001, 2 })
	for range 2 {
		require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/api/v1/engines", nil).Code)
	}
	r := h.do(http.MethodGet, "/api/v1/engines", nil, "X-Forwarded-For", "203.0.113.9")
	require.Equal(t, http.StatusTooManyRequests, r.Code, "a forged address is no way around")
	require.Equal(t, "1000", r.Header().Get("Retry-After"))
	require.Equal(t, "urn:performance-agent:rate-limited", r.problem().Type)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/live", nil).Code, "probes are exempt")
}

func TestPanic_IsAProblemAndLogged(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Workflows = nil }).withFleet()
	r := h.do(http.MethodPost, runsPath, nil, "X-Request-ID", "trace-7")
	require.Equal(t, http.StatusInternalServerError, r.Code)
	require.Equal(t, "trace-7", r.problem().RequestID)
	require.Contains(t, h.log.String(), `"msg":"panic"`)
}

func TestStoreDown_IsUnavailable(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.fail = errDown
	r := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	require.Equal(t, http.StatusServiceUnavailable, r.Code)
	require.Equal(t, "5", r.Header().Get("Retry-After"))
	r.problem()
	require.Contains(t, h.log.String(), "fake: down", "the log has the cause")
}

func TestSlowDependency_EndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(d *api.Deps, c *api.Config) {
		d.Router = stuckRouter{}
		c.RequestTimeout = 10 * time.Millisecond
	}).withFleet()
	r := h.do(http.MethodGet, "/api/v1/fleets/chat/traffic", nil)
	require.Equal(t, http.StatusBadGateway, r.Code)
	r.problem()
}

func TestRequestID_PlainOneIsKept_OthersAreReplaced(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.Equal(t, "trace-7", h.do(http.MethodGet, "/version", nil, "X-Request-ID", "trace-7").Header().Get("X-Request-Id"))
	for _, odd := range []string{"", "a\x00b", strings.Repeat("x", 500)} {
		id := h.do(http.MethodGet, "/version", nil, "X-Request-ID", odd).Header().Get("X-Request-Id")
		require.NotEmpty(t, id)
		require.NotEqual(t, odd, id)
	}
}

func TestAccessLog_TellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.do(http.MethodGet, "/health/live", nil)
	require.Empty(t, h.log.String(), "successful probes are not worth a line")
	h.do(http.MethodGet, "/api/v1/runs/abc", nil, "X-Actor", "ana", "X-Request-ID", "trace-7")
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(h.log.String()), &line))
	require.Equal(t, "/api/v1/runs/:id", line["route"])
	require.InDelta(t, 404, line["status"], 0)
	require.Equal(t, "ana", line["actor"])
	require.Equal(t, "trace-7", line["request_id"])
}

func TestSecureHeaders_AreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, path := range []string{"/version", "/api/v1/nothing", "/docs"} {
		r := h.do(http.MethodGet, path, nil)
		require.Equal(t, "nosniff", r.Header().Get("X-Content-Type-Options"), path)
		require.Contains(t, r.Header().Get("Content-Security-Policy"), "default-src 'none'", path)
	}
}

func TestMetrics_AreLabelledByRouteTemplate(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.do(http.MethodGet, "/api/v1/runs/secret-name", nil)
	h.do(http.MethodGet, "/api/v1/scan/one", nil)
	h.do("BREW", "/api/v1/scan/two", nil)
	text := h.do(http.MethodGet, "/metrics", nil).Body.String()
	require.Contains(t, text, `performance_agent_api_requests_total{method="GET",route="/api/v1/runs/:id",status="404"} 1`)
	require.Contains(t, text, `performance_agent_api_request_duration_seconds_bucket{method="GET",route="/api/v1/runs/:id"`)
	require.NotContains(t, text, "secret-name")
	require.NotContains(t, text, "scan")
	require.NotContains(t, text, "BREW")
}

func TestHealth_ReadyOnlyWhenEveryDependencyAnswers(t *testing.T) {
	t.Parallel()
	down := errors.New("no route to host")
	h := newHarness(t, func(d *api.Deps, _ *api.Config) {
		d.Checks = []api.Check{
			{Name: "store", Probe: func(context.Context) error { return nil }},
			{Name: "temporal", Probe: func(context.Context) error { return down }},
		}
	})
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/live", nil).Code)
	r := h.do(http.MethodGet, "/health/ready", nil)
	require.Equal(t, http.StatusServiceUnavailable, r.Code)
	require.Equal(t, "temporal", fieldsOf(r.problem()))
	var out api.Health
	h.do(http.MethodGet, "/health/detailed", nil).into(&out)
	require.Equal(t, "unavailable", out.Status)
	require.True(t, out.Checks[0].OK)
	require.Equal(t, down.Error(), out.Checks[1].Error)

	down = nil
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/ready", nil).Code)
}

func TestDocs_WorkOffline(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	page := h.do(http.MethodGet, "/docs", nil)
	require.Equal(t, http.StatusOK, page.Code)
	require.NotContains(t, page.Body.String(), "://", "nothing is loaded from elsewhere")
	require.NotContains(t, page.Header().Get("Content-Security-Policy"), "script-src 'self' 'unsafe-inline'")
	for _, asset := range []string{"swagger-ui-bundle.js", "swagger-ui.css", "init.js", "LICENSE", "NOTICE"} {
		require.Contains(t, page.Body.String()+"LICENSE NOTICE", asset)
		require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/docs/5.35.0/"+asset, nil).Code, asset)
	}
	require.Equal(t, "application/openapi+json", h.do(http.MethodGet, "/openapi.json", nil).Header().Get("Content-Type"))
}
