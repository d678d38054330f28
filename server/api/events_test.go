package api_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const eventsPath = "/api/v1/runs/r/events"

func withRun(t *testing.T, change ...func(*api.Deps, *api.Config)) *harness {
	h := newHarness(t, change...)
	h.store.runs["r"] = serving.RunRecord{ID: "r", WorkflowID: "optimize:chat"}
	return h
}

func ids(body string) []string {
	var out []string
	for _, line := range strings.Split(body, "\n") {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			out = append(out, id)
		}
	}
	return out
}

func TestEvents_TellTheStoryAndEndWithTheOutcome(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	h.store.tell("r", "phase", "collecting")
	h.store.tell("other", "phase", "not ours")
	h.store.tell("r", "trial", "baseline measured")
	h.store.tell("r", "outcome", "promoted")

	r := h.do(http.MethodGet, eventsPath, nil)

	require.Equal(t, http.StatusOK, r.Code)
	require.Equal(t, "text/event-stream", r.Header().Get("Content-Type"))
	require.Equal(t, []string{"1", "3", "4"}, ids(r.Body.String()))
	require.Contains(t, r.Body.String(), "event: trial\ndata: {\"seq\":3,")
}

func TestEvents_LastEventID_GoesOnAfterIt(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	for _, kind := range []string{"phase", "trial", "outcome"} {
		h.store.tell("r", kind, "x")
	}
	r := h.do(http.MethodGet, eventsPath, nil, "Last-Event-ID", "1")
	require.Equal(t, []string{"2", "3"}, ids(r.Body.String()))
}

func TestEvents_RunOverAndAllSeen_StopsTheReader(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	h.store.tell("r", "outcome", "promoted")
	closed := time.Now()
	h.store.runs["r"] = serving.RunRecord{ID: "r", ClosedAt: &closed}
	r := h.do(http.MethodGet, eventsPath, nil, "Last-Event-ID", "1")
	require.Equal(t, http.StatusNoContent, r.Code)
}

func TestEvents_RunOverWithoutOutcomeEvent_Ends(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	h.store.tell("r", "phase", "collecting")
	closed := time.Now()
	h.store.runs["r"] = serving.RunRecord{ID: "r", ClosedAt: &closed}
	r := h.do(http.MethodGet, eventsPath, nil)
	require.Equal(t, []string{"1"}, ids(r.Body.String()))
}

func TestEvents_Refusals(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	r := h.do(http.MethodGet, "/api/v1/runs/none/events", nil)
	require.Equal(t, http.StatusNotFound, r.Code, "an unknown run is an error, not an empty stream")
	r.problem()
	r = h.do(http.MethodGet, eventsPath, nil, "Last-Event-ID", "yesterday")
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	r.problem()
}

func TestEvents_ArriveAsTheyHappen_WithHeartbeatsBetween(t *testing.T) {
	t.Parallel()
	h := withRun(t, func(_ *api.Deps, c *api.Config) {
		c.Heartbeat = 5 * time.Millisecond
		c.RequestTimeout = 20 * time.Millisecond // ordinary requests end, streams do not
	})
	server := httptest.NewServer(h.handler)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+eventsPath, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	lines := bufio.NewScanner(response.Body)
	until := func(prefix string) string {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), prefix) {
				return lines.Text()
			}
		}
		t.Fatalf("stream ended before %q", prefix)
		return ""
	}

	for range 6 { // well beyond the timeout of ordinary requests
		require.Equal(t, ": alive", until(":"))
	}
	h.store.tell("r", "phase", "collecting")
	require.Equal(t, "id: 1", until("id:"))
	h.store.tell("r", "outcome", "promoted")
	require.Equal(t, "id: 2", until("id:"))
	until("data:")
	require.True(t, lines.Scan())
	require.False(t, lines.Scan(), "the stream ends after the outcome")
}

func TestEvents_ReaderLeaves_HandlerEnds(t *testing.T) {
	t.Parallel()
	h := withRun(t)
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(ended)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, eventsPath, nil))
	}()
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the handler outlives its reader")
	}
}
