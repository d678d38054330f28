package gateway_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// deadURL is an address where nobody listens.
func deadURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}

func TestGateway_DeadReplica_RequestGoesToAnotherOfThePoolWithItsBody(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	alive := newEngine(t, "alive")
	require.NoError(t, s.SetEndpoints(serving.Stable, []string{deadURL(t), alive.URL}))
	body := strings.Repeat("a long prompt ", 10_000)
	for range 20 {
		a := s.askWith(t.Context(), "", body)
		require.NoError(t, a.Err)
		require.Equal(t, "alive", a.From)
		require.Equal(t, body, alive.LastBody())
	}
	o := s.observed(serving.Stable)
	require.Equal(t, 20, o.Requests-o.Failed)
	require.LessOrEqual(t, o.Failed, 20, "each refused connection counts once")
}

func TestGateway_DeadVariant_RequestsGoToStableAndEachCountsAgainstTheVariant(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	require.NoError(t, s.SetEndpoints(serving.Canary, []string{deadURL(t)}))
	s.split(t, 1, split(100)...)
	for range 20 {
		a := s.ask("")
		require.NoError(t, a.Err)
		require.Equal(t, "stable", a.From)
		require.Equal(t, "stable", a.variant)
	}
	// Asked or passed over in its cool-down, each request was meant for it.
	canary := s.settled(t, serving.Canary, 20)
	require.Equal(t, 20, canary.Failed)
	for _, sample := range canary.Samples {
		require.False(t, sample.TTFTSeconds.IsKnown())
		require.False(t, sample.E2ESeconds.IsKnown())
	}
	s.settled(t, serving.Stable, 20)
}

func TestGateway_DeadStable_TheCanaryKeepsServing(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	require.NoError(t, s.SetEndpoints(serving.Stable, []string{deadURL(t)}))
	s.pool(t, serving.Canary, newEngine(t, "canary"))
	for range 5 {
		require.Equal(t, "canary", s.ask("").From)
	}
}

func TestGateway_NothingServes_Answers503AndNeverUsesStaging(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	staging := newEngine(t, "staging")
	s.pool(t, serving.Staging, staging)
	a := s.ask("")
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
	require.Contains(t, a.Body, "no_replica")
	require.NoError(t, s.SetEndpoints(serving.Stable, []string{deadURL(t)}))
	require.Equal(t, http.StatusServiceUnavailable, s.ask("").Status)
	require.Zero(t, staging.Requests.Load())
}

func TestGateway_ReplicaComesBack_IsUsedAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	url := deadURL(t)
	require.NoError(t, s.SetEndpoints(serving.Stable, []string{url}))
	require.Equal(t, http.StatusServiceUnavailable, s.ask("").Status)

	// The same address serves now. Even in its cool-down it is better than none.
	revived := newEngine(t, "revived")
	l, err := net.Listen("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	server := &http.Server{Handler: revived}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	require.Equal(t, "revived", s.ask("").From)
}

func TestGateway_ErrorOfAReplica_IsPassedOnAndCountsAgainstTheVariant(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Canary, newEngine(t, "canary", func(e *engine) { e.Status = http.StatusInternalServerError }))
	stable := newEngine(t, "stable")
	s.pool(t, serving.Stable, stable)
	s.split(t, 1, split(100)...)
	a := s.ask("")
	require.Equal(t, http.StatusInternalServerError, a.Status)
	require.Equal(t, `{"error":"canary says 500"}`, a.Body)
	require.Zero(t, stable.Requests.Load(), "an answer is final")
	o := s.settled(t, serving.Canary, 1)
	require.Equal(t, 1, o.Failed)
	require.False(t, o.Samples[0].E2ESeconds.IsKnown(), "an error page is fast and says nothing of latency")
}

func TestGateway_ErrorOfTheClient_IsNoFailureOfTheVariant(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable", func(e *engine) { e.Status = http.StatusBadRequest }))
	require.Equal(t, http.StatusBadRequest, s.ask("").Status)
	o := s.settled(t, serving.Stable, 1)
	require.Zero(t, o.Failed)
	require.False(t, o.Samples[0].E2ESeconds.IsKnown())
}

func TestGateway_BrokenStream_ReachesTheClientAsBrokenAndCountsAgainstTheVariant(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable", func(e *engine) { e.BreakAt = 2 }))
	a := s.ask("")
	require.Error(t, a.Err, "the client must not take a part for the whole")
	require.Equal(t, 2, strings.Count(a.Body, "data:"))
	o := s.settled(t, serving.Stable, 1)
	require.Equal(t, 1, o.Failed)
	require.True(t, o.Samples[0].TTFTSeconds.IsKnown())
	require.False(t, o.Samples[0].E2ESeconds.IsKnown())
	require.Equal(t, 2, o.Samples[0].Tokens)
	watch(t, "the lease ends", func() bool { return s.Traffic().Pool(serving.Stable).InFlight == 0 })
}

func TestGateway_SlowReplica_TimesOutAndIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{ResponseHeaderTimeout: 50 * time.Millisecond})
	release := make(chan struct{})
	asked := make(chan struct{}, 10)
	slow := func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-release }
	var urls []string
	for range 2 {
		e := newEngine(t, "slow")
		e.Config.Handler = http.HandlerFunc(slow)
		urls = append(urls, e.URL)
	}
	require.NoError(t, s.SetEndpoints(serving.Stable, urls))
	a := s.ask("")
	require.Equal(t, http.StatusGatewayTimeout, a.Status)
	require.Len(t, asked, 1, "resending would double the load that made it slow")
	require.Equal(t, 1, s.observed(serving.Stable).Failed)
	close(release)
}
