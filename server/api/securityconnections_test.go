package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

// served is the harness behind a socket.
func served(t *testing.T, h *harness) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Drain)
	return server
}

// streamOf opens the live stream of run r.
func streamOf(t *testing.T, server *httptest.Server, key string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/api/v1/runs/r/events", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// A caller opens streams until they are told to stop; others still get theirs.
func TestSecurity_Streams_AreBoundedForEachCaller(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	eve := h.store.held(serving.APIKey{Name: "eve", Role: serving.RoleViewer})
	ann := h.store.held(serving.APIKey{Name: "ann", Role: serving.RoleViewer})
	h.store.runs["r"] = serving.RunRecord{ID: "r", Fleet: "chat"}
	server := served(t, h)
	first := streamOf(t, server, eve)
	require.Equal(t, http.StatusOK, first.StatusCode)
	for range 15 {
		require.Equal(t, http.StatusOK, streamOf(t, server, eve).StatusCode)
	}
	full := streamOf(t, server, eve)
	require.Equal(t, http.StatusTooManyRequests, full.StatusCode)
	require.NotEmpty(t, full.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, streamOf(t, server, ann).StatusCode)
	require.NoError(t, first.Body.Close())
	require.Eventually(t, func() bool { return streamOf(t, server, eve).StatusCode == http.StatusOK }, waitLimit, 10*testPoll, "a place that is left is free")
}

// Many callers together open streams until the server has no more; it goes on
// answering all else.
func TestSecurity_Streams_AreBoundedInAll(t *testing.T) {
	t.Parallel()
	require.Equal(t, 512, api.DefaultConfig().Streams)
	h, _ := withKeys(t, func(_ *api.Deps, c *api.Config) { c.Streams = 3 })
	h.store.runs["r"] = serving.RunRecord{ID: "r", Fleet: "chat"}
	server := served(t, h)
	var keys []string
	for i := range 4 {
		keys = append(keys, h.store.held(serving.APIKey{Name: fmt.Sprintf("caller-%d", i), Role: serving.RoleViewer}))
	}
	first := streamOf(t, server, keys[0])
	require.Equal(t, http.StatusOK, first.StatusCode)
	require.Equal(t, http.StatusOK, streamOf(t, server, keys[1]).StatusCode)
	require.Equal(t, http.StatusOK, streamOf(t, server, keys[2]).StatusCode)
	full := streamOf(t, server, keys[3])
	require.Equal(t, http.StatusServiceUnavailable, full.StatusCode)
	require.NotEmpty(t, full.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, h.as(keys[3], http.MethodGet, "/api/v1/fleets", nil).Code)
	require.NoError(t, first.Body.Close())
	require.Eventually(t, func() bool { return streamOf(t, server, keys[3]).StatusCode == http.StatusOK }, waitLimit, 10*testPoll, "a place that is left is free")
}

// exchange sends bytes as they are and returns all that comes until the server ends
// the connection, which it must do by itself.
func exchange(t *testing.T, server *httptest.Server, sent string) string {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(waitLimit)))
	_, err = io.WriteString(c, sent)
	require.NoError(t, err)
	got, err := io.ReadAll(c)
	require.NoError(t, err, "the server still waits; it said %q", got)
	return string(got)
}

// A sender that never ends its body is let go, whether the body is wanted or not and
// whoever sends it.
func TestSecurity_SlowBodies_AreCutOff(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t, func(_ *api.Deps, c *api.Config) { c.BodyTimeout = 50 * time.Millisecond })
	key := "Authorization: Bearer " + h.store.held(serving.APIKey{Name: "eve", Role: serving.RoleOperator}) + "\r\n"
	server := served(t, h)
	for name, c := range map[string]struct{ line, headers, status string }{
		"wanted":             {"POST /api/v1/fleets", key, "408"},
		"with a key to keep": {"POST /api/v1/fleets", key + "Idempotency-Key: k\r\n", "408"},
		"refused":            {"POST /api/v1/fleets", "", "401"},
		"of a public route":  {"POST /session", "", "408"},
		"of a form":          {"POST /session", "Content-Type: application/x-www-form-urlencoded\r\n", "401"},
		"of no route":        {"POST /nowhere", "", "404"},
		"with a look":        {"GET /api/v1/fleets", key, "200"},
	} {
		for body, framing := range map[string]string{`{"name": "`: "Content-Length: 100\r\n", "5\r\n{\"nam": "Transfer-Encoding: chunked\r\n"} {
			kind := "Content-Type: application/json\r\n"
			if strings.Contains(c.headers, "Content-Type") {
				kind = ""
			}
			got := exchange(t, server, c.line+" HTTP/1.1\r\nHost: x\r\n"+kind+c.headers+framing+"\r\n"+body)
			require.True(t, strings.HasPrefix(got, "HTTP/1.1 "+c.status), "%s, %s: %s", name, framing, got)
		}
	}
	require.Empty(t, h.store.fleets)
}

// deadlines is an answer whose connection has deadlines, and keeps the last.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// The deadline is the sender's: it must not end the work on what has arrived.
func TestSlowBodies_OneThatHasArrived_HasNoDeadlineAnyMore(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, key := range []string{"", "k"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/api/v1/flags/none", strings.NewReader("{}"))
		r.URL.Path = runsPath
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		h.handler.ServeHTTP(w, r)
		require.NotEmpty(t, w.set)
		require.False(t, w.set[0].IsZero(), "there was one")
		require.True(t, w.set[len(w.set)-1].IsZero(), "it was lifted")
	}
}

func TestSecurity_OversizedBodies_AreRefusedUnread(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, err := z.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	require.Less(t, bomb.Len(), 1<<20)
	for name, r := range map[string]reply{
		"a body":       h.do(http.MethodPost, "/api/v1/fleets", strings.Repeat(" ", 1<<20+1)),
		"to be kept":   h.do(http.MethodPost, "/api/v1/fleets", strings.Repeat(" ", 1<<20+1), "Idempotency-Key", "k"),
		"a gzip bomb":  h.do(http.MethodPost, normalizeURL, bomb.String(), "Content-Type", "text/plain", "Content-Encoding", "gzip"),
		"without size": h.unsized("/api/v1/fleets", strings.Repeat(" ", 1<<20+1)),
	} {
		require.Equal(t, http.StatusRequestEntityTooLarge, r.Code, "%s: %s", name, r.Body.String())
		require.Less(t, r.Body.Len(), 2000, "%s: a rejected body is not sent back", name)
	}
	deep := h.do(http.MethodPost, "/api/v1/fleets", `{"name":`+strings.Repeat("[", 500_000))
	require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, deep.Code, deep.Body.String())
	require.Empty(t, h.store.fleets)
}

// unsized sends a body that does not say how long it is.
func (h *harness) unsized(path, body string) reply {
	h.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, io.MultiReader(strings.NewReader(body)))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return reply{w, h.t}
}

// Line ends in headers, as they come over a connection.
func TestSecurity_LineEndsInHeaders_MakeNoHeader(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	server := served(t, h)
	for _, name := range []string{"X-Request-ID", "X-Actor", "Idempotency-Key"} {
		for _, value := range []string{"a\rSet-Cookie: owned=1", "a\r\n Set-Cookie: owned=1", "a%0d%0aSet-Cookie: owned=1", "a\x00b", "a\xe5\x98\x8a\xe5\x98\x8dSet-Cookie: owned=1"} {
			got := exchange(t, server, "POST /api/v1/fleets HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"+name+": "+value+"\r\n\r\n{}")
			answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
			require.NoError(t, err, got)
			require.NoError(t, answer.Body.Close())
			require.Empty(t, answer.Cookies(), "%s %q: %s", name, value, got)
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.StatusCode, "%s %q: %s", name, value, got)
		}
	}
	for line := range strings.Lines(h.log.String()) {
		require.True(t, strings.HasPrefix(line, "{"), "a line of a caller's own: %q", line)
	}
}
