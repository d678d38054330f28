package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api"
)

func TestDrain_SaysItIsNotReadyAndServesAsBefore(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	before := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	require.Empty(t, before.Header().Get("Connection"))
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/ready", nil).Code)

	h.server.Drain()
	h.server.Drain() // twice is once
	ready := h.do(http.MethodGet, "/health/ready", nil)
	require.Equal(t, http.StatusServiceUnavailable, ready.Code)
	require.Contains(t, ready.problem().Detail, "ending")
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/live", nil).Code, "it must not be restarted for that")
	after := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	require.Equal(t, http.StatusOK, after.Code)
	require.Equal(t, "close", after.Header().Get("Connection"), "the caller's next request goes elsewhere")
}

// slowWorkflows are away until the caller or the server gives up.
type slowWorkflows struct {
	api.Workflows
	began chan struct{}
}

func (s slowWorkflows) Start(ctx context.Context, _ api.Start) (api.Execution, error) {
	close(s.began)
	<-ctx.Done()
	return api.Execution{}, ctx.Err()
}

func TestDrain_RequestThatIsGivenUp_IsAnsweredAndNotCut(t *testing.T) {
	t.Parallel()
	slow := slowWorkflows{began: make(chan struct{})}
	h := newHarness(t, func(d *api.Deps, c *api.Config) {
		slow.Workflows = d.Workflows
		d.Workflows, c.RequestTimeout = slow, time.Hour
	}).withFleet()
	ctx, giveUp := context.WithCancelCause(context.Background())
	go func() {
		<-slow.began
		giveUp(api.ErrDraining)
	}()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, runsPath, nil)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	p := reply{w, t}.problem()
	require.Equal(t, http.StatusServiceUnavailable, p.Status)
	require.Contains(t, p.Detail, "ending")
	require.NotEmpty(t, w.Header().Get("Retry-After"))
}
