package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// mostExchanges is more than any router needs for one write.
const mostExchanges = 100

// losing runs a write once for each exchange with the router that it makes, each
// time with the answer of another one lost.
func (s *Subject) losing(t *testing.T, write func(n int) error, after func(n int, err error)) {
	t.Helper()
	need(t, s.LoseAnswer != nil, "cannot be disturbed here")
	for n := range mostExchanges {
		disarm := s.LoseAnswer(n)
		err := write(n)
		if !disarm() {
			require.NoError(t, err)
			require.Positive(t, n, "a write without an exchange is no write")
			return
		}
		if err != nil {
			require.NotErrorIs(t, err, serving.ErrPermanent, "a lost answer is worth a retry")
			require.ErrorIs(t, err, router.ErrUnreachable)
		}
		after(n, err)
	}
	t.Fatalf("a write makes more than %d exchanges", mostExchanges)
}

func lostWeights(t *testing.T, s *Subject) {
	s.fillPools(t)
	before := serving.AllStable(s.revision(t))
	next := func(n int) serving.Weights { return split(before.Revision+1, 10+n%80, 10) }
	s.losing(t, func(n int) error { return s.Router.SetWeights(t.Context(), s.Fleet, next(n)) },
		func(n int, _ error) {
			now := s.traffic(t).Weights
			if differs(now, next(n)) != nil {
				require.NoError(t, differs(now, before), "half of a split is in force (answer %d lost)", n)
			}
			w := next(n)
			s.set(t, w)
			s.requireInForce(t, w)
			// Whoever gives up instead goes back to stable under a newer revision, and
			// the late retry is stale then.
			back := serving.AllStable(w.Revision + 1)
			s.set(t, back)
			require.ErrorIs(t, s.Router.SetWeights(t.Context(), s.Fleet, w), router.ErrStaleRevision)
			s.requireInForce(t, back)
			before = back
		})
}

func lostPools(t *testing.T, s *Subject) {
	need(t, s.Pools != nil, "is not told its replicas")
	s.fillPools(t)
	canary := s.Pools[serving.Canary]
	pools := [][]string{canary[:1], canary[1:], canary}
	s.losing(t, func(n int) error {
		return s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, pools[n%len(pools)])
	}, func(n int, _ error) {
		require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, pools[n%len(pools)]))
		require.ElementsMatch(t, pools[n%len(pools)], s.traffic(t).Pool(serving.Canary).Endpoints)
	})
}
