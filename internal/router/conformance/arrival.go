package conformance

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// clients ask side by side, as users do.
const clients = 8

// arrived sends n requests and counts which variant served each.
func (s *Subject) arrived(t *testing.T, n int, session func(i int) string) map[serving.Variant]int {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	got, lost := map[serving.Variant]int{}, []error{}
	for range clients {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				v, err := s.Ask(t.Context(), session(int(i)))
				mu.Lock()
				got[v]++
				if err != nil {
					lost = append(lost, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Empty(t, lost)
	return got
}

func noSession(int) string { return "" }

// requireShare accepts five standard deviations of a binomial draw: one false
// alarm in two million.
func requireShare(t *testing.T, v serving.Variant, percent, got, n int) {
	t.Helper()
	p := float64(percent) / 100
	require.InDelta(t, float64(n)*p, got, 5*math.Sqrt(float64(n)*p*(1-p)), "%s has %d%% of %d requests", v, percent, n)
}

func splitArrives(t *testing.T, s *Subject) {
	need(t, s.Ask != nil, "has no data plane here")
	s.fillPools(t)
	revision := s.revision(t)
	const n = 400
	for _, step := range []struct{ canary, baseline int }{{0, 0}, {5, 5}, {50, 50}, {100, 0}, {0, 0}, {20, 20}} {
		revision++
		w := split(revision, step.canary, step.baseline)
		s.set(t, w)
		got := s.arrived(t, n, noSession)
		for _, v := range production() {
			requireShare(t, v, w.Of(v), got[v], n)
		}
	}
	bySession := s.arrived(t, n, func(i int) string { return fmt.Sprintf("user-%d", i) })
	requireShare(t, serving.Canary, 20, bySession[serving.Canary], n)
	requireShare(t, serving.Baseline, 20, bySession[serving.Baseline], n)
}

func sessionsStay(t *testing.T, s *Subject) {
	need(t, s.Ask != nil, "has no data plane here")
	s.fillPools(t)
	revision := s.revision(t)
	const sessions = 100
	where := func() map[string]serving.Variant {
		var mu sync.Mutex
		out := map[string]serving.Variant{}
		s.each(t, sessions, func(session string, v serving.Variant) { mu.Lock(); out[session] = v; mu.Unlock() })
		return out
	}
	var before map[string]serving.Variant
	for _, step := range []struct{ canary, baseline int }{{10, 10}, {30, 30}, {45, 45}} {
		revision++
		s.set(t, split(revision, step.canary, step.baseline))
		now := where()
		require.Equal(t, now, where(), "a session moved although nothing changed")
		for session, v := range before {
			if v != serving.Stable {
				require.Equal(t, v, now[session], "%s left although the share of its variant grew", session)
			}
		}
		before = now
	}
}

// each asks once for every session.
func (s *Subject) each(t *testing.T, sessions int, note func(session string, v serving.Variant)) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, clients)
	for c := range clients {
		wg.Go(func() {
			for i := c; i < sessions && errs[c] == nil; i += clients {
				session := fmt.Sprintf("session-%d", i)
				var v serving.Variant
				v, errs[c] = s.Ask(t.Context(), session)
				note(session, v)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// counters reads the running totals by variant; ok is false where there are none.
func (s *Subject) counters(t *testing.T) (byVariant map[serving.Variant]serving.ArmCounters, ok bool) {
	t.Helper()
	list, err := s.Router.Counters(t.Context(), s.Fleet)
	if err != nil {
		require.ErrorIs(t, err, router.ErrNoCounters)
		require.ErrorIs(t, err, serving.ErrPermanent)
		return nil, false
	}
	byVariant = map[serving.Variant]serving.ArmCounters{}
	for _, c := range list {
		require.NotEmpty(t, c.Epoch)
		require.NotContains(t, byVariant, c.Variant, "one total for each variant")
		byVariant[c.Variant] = c
	}
	return byVariant, true
}

func countersCount(t *testing.T, s *Subject) {
	s.fillPools(t)
	before, ok := s.counters(t)
	need(t, ok, "counts no requests")
	need(t, s.Ask != nil, "has no data plane here")
	s.set(t, split(s.revision(t)+1, 40, 20))
	got := s.arrived(t, 200, noSession)
	for _, v := range production() {
		require.Contains(t, before, v, "a variant with replicas is counted from the start")
		eventually(t, "the count of "+string(v), func() bool {
			now, _ := s.counters(t)
			delta, ok := now[v].Since(before[v])
			return ok && delta.Requests == int64(got[v]) && delta.Failed == 0
		})
	}
}

func samplesOrNone(t *testing.T, s *Subject) {
	s.fillPools(t)
	_, err := s.Router.Observe(t.Context(), s.Fleet, 0, 1e11)
	if err != nil {
		require.ErrorIs(t, err, router.ErrNoSamples)
		require.ErrorIs(t, err, serving.ErrPermanent)
		return
	}
	need(t, s.Ask != nil, "has no data plane here")
	s.set(t, split(s.revision(t)+1, 50, 0))
	got := s.arrived(t, 60, noSession)
	eventually(t, "the samples", func() bool {
		arms, err := s.Router.Observe(t.Context(), s.Fleet, 0, 1e11)
		requests := map[serving.Variant]int{}
		for _, a := range arms {
			requests[a.Variant] = len(a.Samples)
		}
		return err == nil && requests[serving.Stable] == got[serving.Stable] && requests[serving.Canary] == got[serving.Canary]
	})
}
