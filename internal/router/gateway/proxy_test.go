package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestGateway_BodyOverTheLimit_Is413AndReachesNoReplica(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{MaxBodyBytes: 1000})
	e := newEngine(t, "stable")
	s.pool(t, serving.Stable, e)
	require.Equal(t, http.StatusOK, s.askWith(t.Context(), "", strings.Repeat("x", 1000)).Status)
	require.Equal(t, http.StatusRequestEntityTooLarge, s.askWith(t.Context(), "", strings.Repeat("x", 1001)).Status)

	// Of unknown length: the limit holds while reading.
	pipe := io.MultiReader(strings.NewReader(strings.Repeat("x", 900)), strings.NewReader(strings.Repeat("y", 900)))
	res, err := s.client.Post(s.users.URL+"/v1/completions", "application/json", pipe)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
	require.EqualValues(t, 1, e.Requests.Load())
}

func TestGateway_FirstEvent_ReachesTheClientBeforeTheSecondExists(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	release := make(chan struct{})
	s.pool(t, serving.Stable, newEngine(t, "stable", func(e *engine) { e.After = func(int) { <-release } }))
	res, err := s.client.Post(s.users.URL+"/v1/completions", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"n":0`)
	close(release)
}

func TestGateway_Headers_PassThroughButForCompression(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	e := newEngine(t, "stable")
	s.pool(t, serving.Stable, e)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.users.URL+"/v1/chat/completions?x=1", strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer of-the-engine")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("X-Session-Id", "abc")
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	res, err := s.client.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	h := e.LastHeader()
	require.Equal(t, "Bearer of-the-engine", h.Get("Authorization"))
	require.Equal(t, "abc", h.Get("X-Session-Id"))
	require.Empty(t, h.Get("Accept-Encoding"), "events are counted in plain bytes")
	require.NotContains(t, h, "X-Idempotency-Key")
	require.Equal(t, "192.0.2.7, 127.0.0.1", h.Get("X-Forwarded-For"))
}

func TestGateway_OtherPathsAndMethods_AreProxiedAndAreNoSamples(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	res, err := s.client.Get(s.users.URL + "/v1/models")
	require.NoError(t, err)
	content, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	_, err = conformance.Whole(content)
	require.NoError(t, err)
	require.Zero(t, s.observed(serving.Stable).Requests)
}

// waiting is an engine that never ends an answer: it sends the first event if it
// is told to, and then waits until nobody listens any more.
func waiting(t *testing.T, first bool) (e *engine, asked, gone chan struct{}) {
	t.Helper()
	asked, gone = make(chan struct{}), make(chan struct{})
	e = newEngine(t, "stable")
	e.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if first {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "data: {}\n\n")
			_ = http.NewResponseController(w).Flush()
		}
		close(asked)
		<-r.Context().Done() // the engine must learn that nobody listens
		close(gone)
	})
	return e, asked, gone
}

// requireAbandoned checks that the request left no trace but a count.
func (s *stack) requireAbandoned(t *testing.T) {
	t.Helper()
	watch(t, "the lease ends", func() bool { return s.Traffic().Pool(serving.Stable).InFlight == 0 })
	require.Zero(t, s.observed(serving.Stable).Requests)
	require.Contains(t, s.get(t, "/admin/health"), `"abandoned":{"stable":1}`)
}

func TestGateway_ClientLeavesBeforeTheAnswer_IsNoFailureAndIsNotResent(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	e, asked, gone := waiting(t, false)
	other := newEngine(t, "other")
	s.pool(t, serving.Stable, e)
	s.pool(t, serving.Baseline, other)
	ctx, leave := context.WithCancel(t.Context())
	finished := make(chan answer, 1)
	go func() { finished <- s.askWith(ctx, "", "{}") }()
	<-asked
	leave()
	<-gone
	require.ErrorIs(t, (<-finished).Err, context.Canceled)
	s.requireAbandoned(t)
	require.Zero(t, other.Requests.Load())
}

func TestGateway_ClientLeavesInMidStream_IsNoFailureAndFreesTheReplica(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	e, _, gone := waiting(t, true)
	s.pool(t, serving.Stable, e)
	res, err := s.client.Post(s.users.URL+"/v1/completions", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	_, err = bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	<-gone
	s.requireAbandoned(t)
}

func TestGateway_AnswersAtOnceUnderKeepAlive_NoneIsCut(t *testing.T) {
	t.Parallel()
	// The backend answers without reading the body, which breaks a proxy that
	// forwards the body while it writes the answer (golang/go#40747).
	s := newStack(t, gateway.Options{})
	e := newEngine(t, "stable")
	e.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"from\":\"stable\",\"n\":0}\n\ndata: [DONE]\n\n")
	})
	s.pool(t, serving.Stable, e)
	got := s.count(t, 1000, func(int) string { return "" })
	require.Equal(t, 1000, got[serving.Stable])
}
