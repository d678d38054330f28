package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// engine is a fake streaming backend. It reads the request, streams its events
// and names itself in each of them, so that a client can tell a whole, in-order
// answer of one engine from anything else.
type engine struct {
	*httptest.Server
	name   string
	events int
	// after, when set, runs after event i was sent (from 0) and may block.
	after func(i int)
	// status other than 200 is answered with a JSON body and no stream.
	status int
	// breakAt cuts the connection after that many events; 0: never.
	breakAt int

	requests atomic.Int64
	mu       sync.Mutex
	bodies   []string
	headers  []http.Header
}

func newEngine(t testing.TB, name string, change ...func(*engine)) *engine {
	t.Helper()
	e := &engine{name: name, events: 4, status: http.StatusOK}
	for _, f := range change {
		f(e)
	}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.requests.Add(1)
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	e.bodies = append(e.bodies, string(body))
	e.headers = append(e.headers, r.Header.Clone())
	e.mu.Unlock()
	if e.status != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(e.status)
		_, _ = fmt.Fprintf(w, `{"error":"%s says %d"}`, e.name, e.status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range e.events {
		_, _ = fmt.Fprintf(w, "data: {\"from\":%q,\"n\":%d}\n\n", e.name, i)
		_ = http.NewResponseController(w).Flush()
		if e.breakAt == i+1 {
			panic(http.ErrAbortHandler)
		}
		if e.after != nil {
			e.after(i)
		}
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func (e *engine) lastBody() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bodies[len(e.bodies)-1]
}

func (e *engine) lastHeader() http.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.headers[len(e.headers)-1]
}

// stack is a gateway with both of its listeners.
type stack struct {
	*gateway.Gateway
	users, admin *httptest.Server
	client       *http.Client
}

func newStack(t testing.TB, opts gateway.Options) *stack {
	t.Helper()
	g := gateway.New(opts)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	s := &stack{Gateway: g, users: httptest.NewServer(g.Handler()), admin: httptest.NewServer(g.AdminHandler()),
		client: &http.Client{Transport: transport}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.users.Close()
		s.admin.Close()
		g.Close()
	})
	return s
}

// pools sets the endpoints of the variants, in order.
func (s *stack) pool(t testing.TB, v serving.Variant, engines ...*engine) {
	t.Helper()
	urls := []string{}
	for _, e := range engines {
		urls = append(urls, e.URL)
	}
	require.NoError(t, s.SetEndpoints(v, urls))
}

func (s *stack) split(t testing.TB, revision int64, shares ...serving.Share) {
	t.Helper()
	require.NoError(t, s.SetWeights(serving.Weights{Revision: revision, Shares: shares}))
}

// answer is what a client got.
type answer struct {
	status  int
	from    string // the engine, for a whole stream
	variant string
	body    string
	err     error // why it is not a whole, in-order stream of one engine
}

// ask sends one request; session may be empty.
func (s *stack) ask(session string) answer {
	return s.askWith(context.Background(), session, `{"prompt":"hello","stream":true}`)
}

func (s *stack) askWith(ctx context.Context, session, body string) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.users.URL+"/v1/completions", strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if session != "" {
		req.Header.Set("X-Session-Id", session)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	a := answer{status: res.StatusCode, variant: res.Header.Get("X-Served-Variant"), body: string(content), err: err}
	if err == nil && res.StatusCode == http.StatusOK {
		a.from, a.err = whole(content)
	}
	return a
}

// whole checks that events 0, 1, 2... of a single engine came, then [DONE].
func whole(content []byte) (from string, err error) {
	next, done := 0, false
	for s := bufio.NewScanner(bytes.NewReader(content)); s.Scan(); {
		payload, isData := strings.CutPrefix(s.Text(), "data: ")
		switch {
		case !isData:
			continue
		case done:
			return "", fmt.Errorf("an event after [DONE]: %s", payload)
		case payload == "[DONE]":
			done = true
			continue
		}
		var event struct {
			From string
			N    int
		}
		if err := json.Unmarshal([]byte(payload), &event); err != nil {
			return "", err
		}
		if event.N != next || (next > 0 && event.From != from) {
			return "", fmt.Errorf("event %d of %s where %d of %s was due", event.N, event.From, next, from)
		}
		from, next = event.From, next+1
	}
	if !done {
		return "", fmt.Errorf("the stream ended after %d events without [DONE]", next)
	}
	return from, nil
}

// each runs f n times, at most width at once.
func each(n, width int, f func(i int)) {
	var wg sync.WaitGroup
	next := atomic.Int64{}
	for range width {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	wg.Wait()
}

// watch polls until the condition holds, for conditions that no channel tells.
func watch(t testing.TB, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 2*time.Millisecond, what)
}

// observed is the observation of one variant since the beginning.
func (s *stack) observed(v serving.Variant) serving.ArmObservation {
	return s.Observe(v, 0, 1e12)[0]
}

// settled waits until the variant has that many requests on record. A client can
// have the whole of an answer before the gateway has closed the books on it.
func (s *stack) settled(t testing.TB, v serving.Variant, requests int) serving.ArmObservation {
	t.Helper()
	watch(t, "the samples", func() bool { return s.observed(v).Requests >= requests })
	o := s.observed(v)
	require.Equal(t, requests, o.Requests)
	return o
}
