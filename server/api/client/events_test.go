package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/server/api/client"
)

// story is a server of one run's events: each call gets the next of its answers.
type story struct {
	mu      sync.Mutex
	answers []http.HandlerFunc
	after   []string // Last-Event-ID of each call
}

func (s *story) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/v1/runs/run-1" {
		_, _ = fmt.Fprint(w, `{"id":"run-1","outcome":"promoted"}`)
		return
	}
	s.mu.Lock()
	s.after = append(s.after, r.Header.Get("Last-Event-ID"))
	next := s.answers[min(len(s.after), len(s.answers))-1]
	s.mu.Unlock()
	next(w, r)
}

func (s *story) client(t *testing.T) *client.Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	require.NoError(t, err)
	return c
}

// tells streams events of the given numbers; the last one of a run is its outcome.
func tells(last int, numbers ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, ": alive\n\n")
		for _, n := range numbers {
			kind := "note"
			if n == last {
				kind = "outcome"
			}
			_, _ = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: {\"seq\":%d,\"type\":%q}\n\n", n, kind, n, kind)
		}
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestRunEvents_StreamBreaks_GoesOnAfterTheLastEvent(t *testing.T) {
	t.Parallel()
	s := &story{answers: []http.HandlerFunc{tells(4, 1, 2), status(http.StatusServiceUnavailable), tells(4, 3, 4)}}
	var seen []int64
	ended, err := s.client(t).AwaitRun(t.Context(), "run-1", func(e client.EventRecord) { seen = append(seen, e.Seq) })
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3, 4}, seen)
	require.Equal(t, []string{"", "2", "2"}, s.after)
	require.Equal(t, "promoted", ended.Outcome)
}

func TestRunEvents_NothingLeftToTell_Ends(t *testing.T) {
	t.Parallel()
	s := &story{answers: []http.HandlerFunc{status(http.StatusNoContent)}}
	for range s.client(t).RunEvents(t.Context(), "run-1", 9) {
		t.Fatal("there was nothing to tell")
	}
	require.Equal(t, []string{"9"}, s.after)
}

func TestRunEvents_ReaderHasEnough_StreamIsLeft(t *testing.T) {
	t.Parallel()
	s := &story{answers: []http.HandlerFunc{tells(9, 1, 2, 3)}}
	for e, err := range s.client(t).RunEvents(t.Context(), "run-1", 0) {
		require.NoError(t, err)
		require.Equal(t, int64(1), e.Seq)
		break
	}
	require.Len(t, s.after, 1)
}

func TestRunEvents_ProblemThatStays_IsTheLastThing(t *testing.T) {
	t.Parallel()
	s := &story{answers: []http.HandlerFunc{status(http.StatusNotFound)}}
	_, err := s.client(t).AwaitRun(t.Context(), "no-such", nil)
	require.Equal(t, http.StatusNotFound, client.Status(err))
	require.Len(t, s.after, 1)
}

func TestRunEvents_CallerGoes_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &story{answers: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		tells(9, 1)(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}}}
	_, err := s.client(t).AwaitRun(ctx, "run-1", func(client.EventRecord) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
}
