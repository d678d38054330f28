package conformance

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// writers are two workers that share nothing but the router.
func (s *Subject) writers() [2]router.Router {
	return [2]router.Router{s.Router, s.Again()}
}

// write tries until the router has decided, as a workflow does: a conflict that
// is worth a retry is retried.
func (s *Subject) write(t *testing.T, r router.Router, w serving.Weights) error {
	var err error
	for range 50 {
		err = r.SetWeights(t.Context(), s.Fleet, w)
		if err == nil || errors.Is(err, serving.ErrPermanent) {
			return err
		}
	}
	return err
}

func highestRevisionWins(t *testing.T, s *Subject) {
	need(t, s.Again != nil, "has one client")
	s.fillPools(t)
	base := s.revision(t)
	const writes = 16
	errs := make([]error, writes+1)
	var wg sync.WaitGroup
	writers := s.writers()
	for i := 1; i <= writes; i++ {
		wg.Go(func() { errs[i] = s.write(t, writers[i%2], split(base+int64(i), 5*i, 0)) })
	}
	wg.Wait()
	require.NoError(t, errs[writes], "the highest revision is stale for nobody")
	for i, err := range errs {
		if err != nil {
			require.ErrorIs(t, err, router.ErrStaleRevision, "revision %d", i)
		}
	}
	s.requireInForce(t, split(base+writes, 5*writes, 0))
	got, err := writers[1].Traffic(t.Context(), s.Fleet)
	require.NoError(t, err)
	require.NoError(t, differs(got.Weights, split(base+writes, 5*writes, 0)), "all clients see the same")
}

func oneSplitWins(t *testing.T, s *Subject) {
	need(t, s.Again != nil, "has one client")
	s.fillPools(t)
	base := s.revision(t)
	const writes = 8
	for round := range int64(3) {
		errs := make([]error, writes)
		var wg sync.WaitGroup
		writers := s.writers()
		for i := range writes {
			wg.Go(func() { errs[i] = s.write(t, writers[i%2], split(base+round+1, 10*i, 0)) })
		}
		wg.Wait()
		won := s.traffic(t).Weights
		succeeded := 0
		for i, err := range errs {
			if err == nil {
				succeeded++
				require.NoError(t, differs(won, split(base+round+1, 10*i, 0)), "a writer was told that its split is in force")
				continue
			}
			require.ErrorIs(t, err, router.ErrStaleRevision)
		}
		require.Equal(t, 1, succeeded)
	}
}
