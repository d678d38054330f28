package haproxy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/router/haproxy/haproxytest"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// stack is a real HAProxy with one fleet and a router for it.
type stack struct {
	*haproxy.Router
	proxy    *haproxytest.Proxy
	fleet    serving.Fleet
	user     *conformance.User
	revision int64
}

func newStack(t *testing.T) *stack {
	p := haproxytest.Start(t, "chat")
	return &stack{Router: haproxy.New(nil), proxy: p, fleet: fleetAt(p), user: conformance.NewUser(t, p.URL)}
}

func (s *stack) pool(t *testing.T, v serving.Variant, engines ...*conformance.Engine) {
	t.Helper()
	urls := []string{}
	for _, e := range engines {
		urls = append(urls, e.URL)
	}
	require.NoError(t, s.SetEndpoints(t.Context(), s.fleet, v, urls))
}

func (s *stack) split(t *testing.T, canary, baseline int) {
	t.Helper()
	s.revision++
	require.NoError(t, s.SetWeights(t.Context(), s.fleet, weights(s.revision, canary, baseline)))
}

func weights(revision int64, canary, baseline int) serving.Weights {
	return serving.Weights{Revision: revision, Shares: []serving.Share{
		{Variant: serving.Stable, Percent: 100 - canary - baseline},
		{Variant: serving.Canary, Percent: canary}, {Variant: serving.Baseline, Percent: baseline}}}
}

func (s *stack) inFlight(t *testing.T, v serving.Variant) int {
	t.Helper()
	got, err := s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	return got.Pool(v).InFlight
}

func watch(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 5*time.Millisecond, what)
}

func TestHAProxy_WholeRolloutsUnderLoad_LoseNoStream(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable-0"), conformance.NewEngine(t, "stable-1"))
	load := conformance.NewLoad(t, s.user, 32)
	for round := range 2 {
		canary, baseline := conformance.NewEngine(t, fmt.Sprintf("canary-%d", round)), conformance.NewEngine(t, "baseline")
		s.pool(t, serving.Canary, canary)
		s.pool(t, serving.Baseline, baseline)
		for _, percent := range []int{5, 25, 50, 0} {
			s.split(t, percent, min(percent, 50))
			load.More(t, 150)
		}
		for v, e := range map[serving.Variant]*conformance.Engine{serving.Canary: canary, serving.Baseline: baseline} {
			s.pool(t, v)
			watch(t, "drained", func() bool { return s.inFlight(t, v) == 0 })
			e.Close()
		}
	}
	load.RequireNothingLost(t)
	for _, name := range []string{"stable-0", "stable-1", "canary-0", "canary-1", "baseline"} {
		require.Positive(t, load.By()[name], name)
	}
}

// Promotion: stable's replicas are exchanged while they, and the fallbacks of the
// other pools, take traffic.
func TestHAProxy_StableReplacedUnderLoad_LosesNoStreamAndForgetsTheOldOnes(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	old := conformance.NewEngine(t, "stable-old")
	s.pool(t, serving.Stable, old)
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary"))
	load := conformance.NewLoad(t, s.user, 16)
	s.split(t, 50, 0)
	load.More(t, 100)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable-new"))
	s.split(t, 0, 0)
	s.pool(t, serving.Canary)
	watch(t, "drained", func() bool { return s.inFlight(t, serving.Canary) == 0 })
	load.More(t, 100)
	before := old.Requests.Load()
	old.Close()
	load.More(t, 100)
	load.RequireNothingLost(t)
	require.Equal(t, before, old.Requests.Load())
}

func TestHAProxy_ReloadsUnderLoad_LoseNoStreamAndKeepTheCanary(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary"))
	s.split(t, 40, 0)
	held, finish := s.user.Hold(t)
	before := s.counters(t)
	load := conformance.NewLoad(t, s.user, 16)
	for range 3 {
		load.More(t, 150)
		s.proxy.Reload(t)
	}
	load.More(t, 300)
	require.NoError(t, finish(), "a stream of %s that three reloads passed", held)
	load.RequireNothingLost(t)
	got, err := s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.True(t, got.Weights.SameSplit(weights(0, 40, 0)))
	require.Len(t, got.Pool(serving.Canary).Endpoints, 1)
	require.InDelta(t, 0.4, float64(load.By()["canary"])/float64(load.Answered()), 0.2, "the split held over the reloads")
	require.ErrorIs(t, s.SetWeights(t.Context(), s.fleet, weights(s.revision-1, 90, 0)), router.ErrStaleRevision)
	_, same := s.counters(t)[serving.Stable].Since(before[serving.Stable])
	require.False(t, same, "the counters began anew and say so")
}

func TestHAProxy_CanaryDiesUnderLoad_NobodyGetsAnErrorPageAndItsFailuresAreCounted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	canary := conformance.NewEngine(t, "canary")
	s.pool(t, serving.Canary, canary)
	s.split(t, 50, 0)
	load := conformance.NewLoad(t, s.user, 16)
	load.More(t, 200)
	before := s.counters(t)
	canary.Listener.Close() // refuses from now on
	canary.CloseClientConnections()
	load.More(t, 400)
	load.End()
	for _, a := range load.Lost() {
		require.Error(t, a.Err, "answered %d: only streams that ran on the dead replica may break", a.Status)
	}
	require.LessOrEqual(t, len(load.Lost()), 16, "at most what was in flight")
	after := s.counters(t)
	require.Positive(t, after[serving.Canary].Failed-before[serving.Canary].Failed, "whoever judges must see that the canary is gone")
	require.Zero(t, after[serving.Stable].Failed)
	require.Greater(t, after[serving.Stable].Requests, before[serving.Stable].Requests)
}

func (s *stack) counters(t *testing.T) map[serving.Variant]serving.ArmCounters {
	t.Helper()
	list, err := s.Counters(t.Context(), s.fleet)
	require.NoError(t, err)
	out := map[serving.Variant]serving.ArmCounters{}
	for _, c := range list {
		out[c.Variant] = c
	}
	return out
}

func TestHAProxy_DeadCanary_EachRequestMeantForItIsOneFailure(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	canary := conformance.NewEngine(t, "canary")
	s.pool(t, serving.Canary, canary)
	canary.Close()
	s.split(t, 100, 0)
	const n = 40
	for range n {
		v, err := s.user.Served(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, serving.Stable, v)
	}
	got := s.counters(t)
	require.EqualValues(t, n, got[serving.Canary].Failed)
	require.EqualValues(t, n, got[serving.Canary].Requests)
	require.EqualValues(t, n, got[serving.Stable].Requests)
}

func TestHAProxy_DeadStable_TheCanaryKeepsServing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	stable := conformance.NewEngine(t, "stable")
	s.pool(t, serving.Stable, stable)
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary"))
	stable.Close()
	watch(t, "the checks find stable dead", func() bool {
		v, err := s.user.Served(t.Context(), "")
		return err == nil && v == serving.Canary
	})
	for range 20 {
		v, err := s.user.Served(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, serving.Canary, v)
	}
}

func TestHAProxy_ErrorsAndBrokenStreamsOfTheCanary_AreCounted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary-errors", func(e *conformance.Engine) { e.Status = http.StatusInternalServerError }))
	s.split(t, 100, 0)
	for range 5 {
		require.Equal(t, http.StatusInternalServerError, s.user.Ask(t.Context(), nil, "{}").Status)
	}
	require.EqualValues(t, 5, s.counters(t)[serving.Canary].Failed)
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary-breaks", func(e *conformance.Engine) { e.BreakAt = 2 }))
	for range 5 {
		require.Error(t, s.user.Ask(t.Context(), nil, "{}").Err)
	}
	watch(t, "the broken streams are counted", func() bool { return s.counters(t)[serving.Canary].Failed == 10 })
	require.EqualValues(t, 10, s.counters(t)[serving.Canary].Requests)
	require.NotContains(t, s.counters(t), serving.Baseline, "no replicas and no requests")
}

func TestHAProxy_VariantHeader_TellsWhoReallyServed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	canary := conformance.NewEngine(t, "canary")
	s.pool(t, serving.Canary, canary)
	s.split(t, 100, 0)
	require.Equal(t, "canary", s.user.Ask(t.Context(), nil, "{}").Header.Get("X-Served-Variant"))
	canary.Close()
	require.Equal(t, "stable", s.user.Ask(t.Context(), nil, "{}").Header.Get("X-Served-Variant"))
}

func TestHAProxy_Metrics_AreExported(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.proxy.Metrics)
	}}}
	res, err := client.Get("http://haproxy/metrics")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	require.Equal(t, http.StatusOK, res.StatusCode)
}
