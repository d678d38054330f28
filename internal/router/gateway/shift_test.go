package gateway_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func split(canary int) []serving.Share {
	return []serving.Share{{Variant: serving.Stable, Percent: 100 - canary}, {Variant: serving.Canary, Percent: canary}}
}

func TestGateway_WeightsFlipAndVariantsLeaveUnderLoad_LosesNoRequest(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable-0"), newEngine(t, "stable-1"))
	load := conformance.NewLoad(t, s.user, 200)
	revision := int64(0)
	for round := range 2 {
		canary := newEngine(t, fmt.Sprintf("canary-%d", round))
		s.pool(t, serving.Canary, canary)
		for _, percent := range []int{5, 50, 100, 50, 0} {
			revision++
			s.split(t, revision, split(percent)...)
			load.More(t, 200)
		}
		s.pool(t, serving.Canary)
		watch(t, "the canary drains", func() bool { return s.Traffic().Pool(serving.Canary).InFlight == 0 })
		canary.Close()
	}
	load.RequireNothingLost(t)
	for _, name := range []string{"stable-0", "stable-1", "canary-0", "canary-1"} {
		require.Positive(t, load.By()[name], name)
	}
	require.Zero(t, s.observed(serving.Canary).Failed)
	require.Zero(t, s.observed(serving.Stable).Failed)
	require.Equal(t, load.Answered(), int64(s.observed(serving.Canary).Requests+s.observed(serving.Stable).Requests))
}

func TestGateway_CanaryVanishesUnderLoad_LosesNoRequestThatHadNoAnswerYet(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	canary := newEngine(t, "canary")
	s.pool(t, serving.Canary, canary)
	s.split(t, 1, split(50)...)
	load := conformance.NewLoad(t, s.user, 50)
	load.More(t, 200)
	// The process is gone without a word: the listener closes, idle connections
	// too, while the router still sends it half of the traffic.
	canary.Close()
	load.More(t, 400)
	load.RequireNothingLost(t)
	require.Positive(t, s.observed(serving.Canary).Failed, "the judge must see that the canary is gone")
	require.Zero(t, s.observed(serving.Stable).Failed)
}

func TestGateway_WeightChange_LeavesRunningStreamsAlone(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	started, release := make(chan struct{}, 8), make(chan struct{})
	s.pool(t, serving.Canary, newEngine(t, "canary", func(e *engine) {
		e.After = func(i int) {
			if i == 0 {
				started <- struct{}{}
				<-release
			}
		}
	}))
	s.split(t, 1, split(100)...)
	answers := make(chan answer, 8)
	for range 8 {
		go func() { answers <- s.ask("") }()
	}
	for range 8 {
		<-started
	}
	s.split(t, 2, split(0)...)
	s.pool(t, serving.Canary)

	pool := s.Traffic().Pool(serving.Canary)
	require.Equal(t, 8, pool.InFlight, "who drains must see the streams of replicas that left the pool")
	require.Empty(t, pool.Endpoints)
	require.Equal(t, "stable", s.ask("").From, "a new request goes elsewhere")

	close(release)
	for range 8 {
		a := <-answers
		require.NoError(t, a.Err)
		require.Equal(t, "canary", a.From)
	}
	watch(t, "drained", func() bool { return s.Traffic().Pool(serving.Canary).InFlight == 0 })
	require.Len(t, s.Traffic().Backends, 1, "a variant without weight, replicas and requests is gone")
}
