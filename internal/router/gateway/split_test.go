package gateway_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// threeArms is a stack with one engine for each variant of production.
func threeArms(t testing.TB) *stack {
	s := newStack(t, gateway.Options{})
	for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline} {
		s.pool(t, v, newEngine(t, string(v), func(e *engine) { e.Events = 1 }))
	}
	return s
}

func TestGateway_RequestsWithoutSession_FollowTheShares(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	revision := int64(0)
	for _, canary := range []int{0, 5, 50, 100} {
		revision++
		s.split(t, revision, serving.Share{Variant: serving.Canary, Percent: canary}, serving.Share{Variant: serving.Stable, Percent: 100 - canary})
		const n = 600
		got := s.count(t, n, func(int) string { return "" })
		requireShare(t, canary, got[serving.Canary], n)
		requireShare(t, 100-canary, got[serving.Stable], n)
	}
}

func TestGateway_ThreeWaySplit_FollowsTheShares(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	s.split(t, 1, serving.Share{Variant: serving.Baseline, Percent: 20}, serving.Share{Variant: serving.Canary, Percent: 20}, serving.Share{Variant: serving.Stable, Percent: 60})
	const n = 1000
	got := s.count(t, n, func(i int) string { return fmt.Sprintf("user-%d", i) })
	requireShare(t, 20, got[serving.Canary], n)
	requireShare(t, 20, got[serving.Baseline], n)
	requireShare(t, 60, got[serving.Stable], n)
}

// requireShare accepts five standard deviations of a binomial draw: one false
// alarm in two million.
func requireShare(t *testing.T, percent, got, n int) {
	t.Helper()
	p := float64(percent) / 100
	band := 5 * math.Sqrt(float64(n)*p*(1-p))
	require.InDelta(t, float64(n)*p, got, band, "%d%% of %d", percent, n)
}

// count asks n times and counts who answered.
func (s *stack) count(t *testing.T, n int, session func(i int) string) map[serving.Variant]int {
	t.Helper()
	got := map[serving.Variant]int{}
	var mu sync.Mutex
	var failures []answer
	each(n, 16, func(i int) {
		a := s.ask(session(i))
		mu.Lock()
		defer mu.Unlock()
		if a.Err != nil || a.Status != 200 || a.From != a.variant {
			failures = append(failures, a)
		}
		got[serving.Variant(a.variant)]++
	})
	require.Empty(t, failures)
	return got
}

func TestGateway_Session_StaysWithItsVariantWhileTheShareGrows(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	const sessions = 200
	where := func() []string {
		out := make([]string, sessions)
		each(sessions, 16, func(i int) { out[i] = s.ask(fmt.Sprintf("session-%d", i)).variant })
		return out
	}
	stages := []struct{ canary, baseline int }{{5, 5}, {25, 25}, {40, 40}, {100, 0}}
	var before []string
	for k, stage := range stages {
		s.split(t, int64(k+1),
			serving.Share{Variant: serving.Canary, Percent: stage.canary},
			serving.Share{Variant: serving.Baseline, Percent: stage.baseline},
			serving.Share{Variant: serving.Stable, Percent: 100 - stage.canary - stage.baseline})
		now := where()
		require.Equal(t, now, where(), "a session moved although nothing changed")
		for i := range before {
			if before[i] == string(serving.Canary) {
				require.Equal(t, before[i], now[i], "session %d was in the canary and left as its share grew to %d%%", i, stage.canary)
			}
			if before[i] == string(serving.Baseline) && stage.baseline > 0 {
				require.Equal(t, before[i], now[i], "session %d left the baseline as its share grew", i)
			}
		}
		before = now
	}
}

func TestGateway_Replicas_ShareTheLoadByRequestsInFlight(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	release := make(chan struct{})
	hold := func(e *engine) { e.After = func(i int) { <-release } }
	engines := []*engine{newEngine(t, "a", hold), newEngine(t, "b", hold), newEngine(t, "c", hold)}
	s.pool(t, serving.Stable, engines...)

	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() { _ = s.ask("") })
		watch(t, "request arrives", func() bool {
			return engines[0].Requests.Load()+engines[1].Requests.Load()+engines[2].Requests.Load() == int64(n+1)
		})
	}
	for _, e := range engines {
		require.EqualValues(t, 4, e.Requests.Load(), "replica %s", e.Name)
	}
	require.Equal(t, 12, s.Traffic().Pool(serving.Stable).InFlight)
	close(release)
	wg.Wait()
	watch(t, "drained", func() bool { return s.Traffic().Pool(serving.Stable).InFlight == 0 })
}
