package conformance

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func restartKeeps(t *testing.T, s *Subject) {
	need(t, s.Restart != nil, "cannot be restarted here")
	s.fillPools(t)
	base := s.revision(t)
	w := split(base+3, 30, 30)
	s.set(t, split(base+1, 5, 5))
	s.set(t, w)
	before, counted := s.counters(t)
	s.Restart(t)
	eventually(t, "the router is back", func() bool {
		_, err := s.Router.Traffic(t.Context(), s.Fleet)
		return err == nil
	})
	s.requireInForce(t, w)
	for _, v := range production() {
		if s.Pools != nil {
			require.ElementsMatch(t, s.Pools[v], s.traffic(t).Pool(v).Endpoints, v)
		}
	}
	require.ErrorIs(t, s.Router.SetWeights(t.Context(), s.Fleet, split(base+2, 50, 0)), router.ErrStaleRevision)
	if s.Ask != nil {
		got := s.arrived(t, 300, noSession)
		requireShare(t, serving.Canary, 30, got[serving.Canary], 300)
		requireShare(t, serving.Baseline, 30, got[serving.Baseline], 300)
	}
	if counted {
		requireHonestEpochs(t, before, s)
	}
	s.set(t, serving.AllStable(base+4))
	s.requireInForce(t, serving.AllStable(base+4))
}

// requireHonestEpochs asserts that counters which began anew say so.
func requireHonestEpochs(t *testing.T, before map[serving.Variant]serving.ArmCounters, s *Subject) {
	t.Helper()
	now, _ := s.counters(t)
	for v, c := range now {
		if c.Epoch == before[v].Epoch {
			require.GreaterOrEqual(t, c.Requests, before[v].Requests, "the count of %s fell within one epoch", v)
		}
	}
}

func drainCutsNothing(t *testing.T, s *Subject) {
	need(t, s.Hold != nil, "has no data plane here")
	s.fillPools(t)
	base := s.revision(t)
	s.set(t, split(base+1, 100, 0))
	const streams = 4
	finish := make([]func() error, streams)
	for i := range finish {
		var v serving.Variant
		v, finish[i] = s.Hold(t)
		require.Equal(t, serving.Canary, v)
	}
	inFlight := func() int { return s.traffic(t).Pool(serving.Canary).InFlight }
	eventually(t, "the streams are seen", func() bool { return inFlight() == streams })
	s.set(t, serving.AllStable(base+2))
	if s.Pools != nil {
		require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, nil))
		require.Empty(t, s.traffic(t).Pool(serving.Canary).Endpoints)
	}
	require.Equal(t, streams, inFlight(), "whoever drains must see the streams that go on")
	v, err := s.Ask(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, serving.Stable, v, "a new request goes elsewhere")
	for _, f := range slices.Backward(finish) {
		require.NoError(t, f())
	}
	eventually(t, "drained", func() bool { return inFlight() == 0 })
}
