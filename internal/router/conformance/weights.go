package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func weightsAreAbsolute(t *testing.T, s *Subject) {
	s.fillPools(t)
	revision := s.revision(t)
	require.True(t, s.traffic(t).Weights.SameSplit(serving.AllStable(0)), "a subject begins on stable")
	for _, step := range []struct{ canary, baseline int }{{5, 5}, {25, 25}, {1, 0}, {100, 0}, {0, 0}, {33, 34}, {0, 100}, {50, 50}} {
		revision++
		w := split(revision, step.canary, step.baseline)
		s.set(t, w)
		s.requireInForce(t, w)
	}
}

func weightsAreFenced(t *testing.T, s *Subject) {
	s.fillPools(t)
	base := s.revision(t)
	inForce := split(base+5, 25, 25)
	s.set(t, inForce)
	reordered := serving.Weights{Revision: base + 5, Shares: []serving.Share{
		inForce.Shares[2], inForce.Shares[0], inForce.Shares[1]}}
	s.set(t, reordered)
	for what, w := range map[string]serving.Weights{
		"a late retry of an earlier step":             split(base+4, 5, 5),
		"an older revision with the split in force":   split(base+4, 25, 25),
		"the revision in force with another split":    split(base+5, 50, 0),
		"the revision in force, everything on stable": serving.AllStable(base + 5),
	} {
		err := s.Router.SetWeights(t.Context(), s.Fleet, w)
		require.ErrorIs(t, err, router.ErrStaleRevision, what)
		require.ErrorIs(t, err, serving.ErrPermanent, what)
		s.requireInForce(t, inForce)
	}
	s.set(t, serving.AllStable(base+1_000_000))
	s.requireInForce(t, serving.AllStable(base+1_000_000))
}

func senselessWeights(t *testing.T, s *Subject) {
	revision := s.revision(t)
	if s.Pools != nil {
		require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Stable, s.Pools[serving.Stable]))
		err := s.Router.SetWeights(t.Context(), s.Fleet, split(revision+1, 5, 0))
		require.ErrorIs(t, err, router.ErrInvalid, "a share for a variant without replicas")
	}
	s.fillPools(t)
	share := func(v serving.Variant, percent int) serving.Share { return serving.Share{Variant: v, Percent: percent} }
	for what, shares := range map[string][]serving.Share{
		"none":            nil,
		"too little":      {share(serving.Stable, 99)},
		"negative":        {share(serving.Stable, 105), share(serving.Canary, -5)},
		"twice":           {share(serving.Stable, 50), share(serving.Stable, 50)},
		"unknown variant": {share(serving.Stable, 50), share("blue", 50)},
	} {
		err := s.Router.SetWeights(t.Context(), s.Fleet, serving.Weights{Revision: revision + 1, Shares: shares})
		require.ErrorIs(t, err, router.ErrInvalid, what)
		require.ErrorIs(t, err, serving.ErrPermanent, what)
	}
	now := s.traffic(t).Weights
	require.Equal(t, revision, now.Revision, "a refused split uses up no revision")
	require.True(t, now.SameSplit(serving.AllStable(0)))
}
