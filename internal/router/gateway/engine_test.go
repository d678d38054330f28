package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// engine is the simulated replica that all routers are tested with.
type engine = conformance.Engine

func newEngine(t testing.TB, name string, change ...func(*engine)) *engine {
	t.Helper()
	return conformance.NewEngine(t, name, change...)
}

// stack is a gateway with both of its listeners.
type stack struct {
	*gateway.Gateway
	users, admin *httptest.Server
	client       *http.Client
	user         *conformance.User
}

func newStack(t testing.TB, opts gateway.Options) *stack {
	t.Helper()
	g := gateway.New(opts)
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	s := &stack{Gateway: g, users: httptest.NewServer(g.Handler()), admin: httptest.NewServer(g.AdminHandler()),
		client: &http.Client{Transport: transport}}
	s.user = conformance.NewUser(t, s.users.URL)
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

// answer is what a client got, and the variant that the gateway says served it.
type answer struct {
	conformance.Answer
	variant string
}

// ask sends one request; session may be empty.
func (s *stack) ask(session string) answer {
	return s.askWith(context.Background(), session, `{"prompt":"hello","stream":true}`)
}

func (s *stack) askWith(ctx context.Context, session, body string) answer {
	header := http.Header{}
	if session != "" {
		header.Set(conformance.SessionHeader, session)
	}
	a := s.user.Ask(ctx, header, body)
	return answer{Answer: a, variant: a.Header.Get("X-Served-Variant")}
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
