package api_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api"
)

func TestIdempotency_SameKeySameBody_SameAnswerOneEffect(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()

	first := h.do(http.MethodPost, runsPath, `{"max_trials": 8}`, "Idempotency-Key", "k")
	again := h.do(http.MethodPost, runsPath, `{"max_trials": 8}`, "Idempotency-Key", "k")

	require.Equal(t, http.StatusAccepted, first.Code)
	require.Equal(t, first.Code, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, first.Header().Get("Location"), again.Header().Get("Location"))
	require.Equal(t, first.Header().Get("Content-Type"), again.Header().Get("Content-Type"))
	require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
	require.Len(t, h.workflows.started, 1)
	require.Equal(t, []string{"fleet.create chat", "run.start chat"}, h.store.actions())
}

func TestIdempotency_SameKeyOtherRequest_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.do(http.MethodPost, runsPath, `{"max_trials": 8}`, "Idempotency-Key", "k")
	for _, path := range []string{runsPath, "/api/v1/fleets/chat/monitor/start"} {
		r := h.do(http.MethodPost, path, `{"max_trials": 9}`, "Idempotency-Key", "k")
		require.Equal(t, http.StatusUnprocessableEntity, r.Code)
		require.Equal(t, "header.Idempotency-Key", fieldsOf(r.problem()))
	}
	require.Len(t, h.workflows.started, 1)
}

func TestIdempotency_KeysBelongToTheirCaller(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	for _, who := range []string{"ana", "bob"} {
		r := h.do(http.MethodPost, "/api/v1/fleets/chat/monitor/start", nil, "Idempotency-Key", "k", "X-Actor", who)
		require.Equal(t, http.StatusAccepted, r.Code)
		require.Empty(t, r.Header().Get("Idempotency-Replayed"))
	}
}

func TestIdempotency_StillRunning_Conflicts(t *testing.T) {
	t.Parallel()
	blocked := &blockingWorkflows{fakeWorkflows: &fakeWorkflows{}, entered: make(chan struct{}), leave: make(chan struct{})}
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Workflows = blocked }).withFleet()
	var first reply
	var done sync.WaitGroup
	done.Go(func() { first = h.do(http.MethodPost, runsPath, nil, "Idempotency-Key", "k") })
	<-blocked.entered

	second := h.do(http.MethodPost, runsPath, nil, "Idempotency-Key", "k")
	close(blocked.leave)
	done.Wait()

	require.Equal(t, http.StatusConflict, second.Code)
	require.Equal(t, "urn:performance-agent:in-progress", second.problem().Type)
	require.Equal(t, "1", second.Header().Get("Retry-After"))
	require.Equal(t, http.StatusAccepted, first.Code)
}

func TestIdempotency_OurFailure_FreesTheKey(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{"error": errors.New("boom"), "unavailable": api.ErrUnavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			h.workflows.err = broken
			require.GreaterOrEqual(t, h.do(http.MethodPost, runsPath, nil, "Idempotency-Key", "k").Code, 500)
			h.workflows.err = nil
			require.Equal(t, http.StatusAccepted, h.do(http.MethodPost, runsPath, nil, "Idempotency-Key", "k").Code)
		})
	}
}

func TestIdempotency_CallersMistake_IsKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	first := h.do(http.MethodPost, runsPath, `{"objective":"fame"}`, "Idempotency-Key", "k")
	again := h.do(http.MethodPost, runsPath, `{"objective":"fame"}`, "Idempotency-Key", "k")
	require.Equal(t, http.StatusUnprocessableEntity, again.Code)
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, "application/problem+json", again.Header().Get("Content-Type"))
}

func TestIdempotency_BadKey_IsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, runsPath, nil, "Idempotency-Key", "a\x01b")
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	r.problem()
}
