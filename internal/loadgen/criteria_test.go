package loadgen_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// answered is a load of n requests, evenly over the window, with latencies that
// depend on the request.
func answered(n int, window float64, ttft func(i int, at float64) float64) loadgen.Seen {
	s := loadgen.Seen{Rate: float64(n) / window, Planned: n, Now: window, Window: window, AloftAtEnd: -1}
	for i := range n {
		at := float64(i) / float64(n) * window
		first := ttft(i, at)
		s.Landed = append(s.Landed, loadgen.SeenRequest{At: at, TTFT: first, E2E: first + 1})
	}
	return s
}

// jitter is deterministic noise within -1..1.
func jitter(i int) float64 { return math.Sin(float64(i*i)*12.9898 + float64(i)*78.233) }

func TestAllowance_IsWhatLiesAboveTheNearestRank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		q    float64
		want int
	}{{100, 0.95, 5}, {20, 0.95, 1}, {19, 0.95, 0}, {1, 0.5, 0}, {10, 0.5, 5}, {1000, 0.999, 1}, {0, 0.95, 0}, {60, 0.9, 6}} {
		require.Equal(t, c.want, loadgen.Allowance(c.n, c.q), "%d at %g", c.n, c.q)
	}
}

func TestBreaches_QuantileBeyondThreshold_IsNamedWithItsNumbers(t *testing.T) {
	t.Parallel()
	s := answered(100, 10, func(i int, _ float64) float64 { return map[bool]float64{true: 2, false: 0.1}[i < 6] })
	got := loadgen.Breaches(s, false, objective(serving.MetricTTFT, 0.95, 1), objective(serving.MetricTTFT, 0.9, 1))
	require.Len(t, got, 1)
	require.Equal(t, "ttft_p95_seconds", got[0].Name)
	require.Equal(t, 2.0, got[0].Observed)
	require.Equal(t, 1.0, got[0].Threshold)

	s = answered(100, 10, func(i int, _ float64) float64 { return map[bool]float64{true: 2, false: 0.1}[i < 5] })
	require.Empty(t, loadgen.Breaches(s, false, objective(serving.MetricTTFT, 0.95, 1)), "5 of 100 may")
}

func TestBreaches_OwnLag_IsForgivenWhenAsked(t *testing.T) {
	t.Parallel()
	s := answered(50, 5, func(int, float64) float64 { return 1.2 })
	for i := range s.Landed {
		s.Landed[i].Lag = 0.5
	}
	slo := objective(serving.MetricTTFT, 0.95, 1)
	require.Len(t, loadgen.Breaches(s, false, slo), 1)
	require.Empty(t, loadgen.Breaches(s, true, slo))
}

func TestBreaches_ErrorRate_DefaultsToOnePercent(t *testing.T) {
	t.Parallel()
	failing := func(n int) loadgen.Seen {
		s := answered(200, 10, func(int, float64) float64 { return 0.1 })
		for i := range n {
			s.Landed[i].Error = loadgen.KindCut
		}
		return s
	}
	require.Empty(t, loadgen.Breaches(failing(2), false))
	got := loadgen.Breaches(failing(3), false)
	require.Len(t, got, 1)
	require.Equal(t, "error_ratio", got[0].Name)
	require.InDelta(t, 0.015, got[0].Observed, 1e-9)

	require.Empty(t, loadgen.Breaches(failing(10), false, objective(serving.MetricErrorRate, 0, 0.05)))
	require.Empty(t, loadgen.Breaches(failing(10), false, objective(serving.MetricAvailability, 0, 0.95)))
	require.Len(t, loadgen.Breaches(failing(11), false, objective(serving.MetricAvailability, 0, 0.95)), 1)
}

func TestGood_MeansEveryThresholdThatBindsASingleRequest(t *testing.T) {
	t.Parallel()
	slos := []serving.Objective{
		objective(serving.MetricTTFT, 0.5, 0.1), // half of them are meant to miss a median
		objective(serving.MetricTTFT, 0.95, 1),
		objective(serving.MetricE2E, 0.99, 5),
		objective(serving.MetricITL, 0.95, 0.05), // unknown of this request: cannot be missed
		objective(serving.MetricErrorRate, 0, 0.01),
	}
	require.True(t, loadgen.Good(loadgen.SeenRequest{TTFT: 1, E2E: 5}, slos...))
	require.False(t, loadgen.Good(loadgen.SeenRequest{TTFT: 1.01, E2E: 5}, slos...))
	require.False(t, loadgen.Good(loadgen.SeenRequest{TTFT: 0.5, E2E: 5.01}, slos...))
	require.False(t, loadgen.Good(loadgen.SeenRequest{Error: loadgen.KindCut}, slos...))
	require.True(t, loadgen.Good(loadgen.SeenRequest{TTFT: 100, E2E: 100}))
}

func TestHopeless_OnlyWhenNoPerfectRestCouldSaveIt(t *testing.T) {
	t.Parallel()
	slo := objective(serving.MetricTTFT, 0.95, 1)
	slow := func(n int) loadgen.Seen {
		s := answered(n, 1, func(int, float64) float64 { return 5 })
		s.Planned = 100 // most are still to come
		return s
	}
	_, lost := loadgen.Hopeless(slow(5), slo)
	require.False(t, lost, "5 of 100 may miss a p95")
	why, lost := loadgen.Hopeless(slow(6), slo)
	require.True(t, lost)
	require.Equal(t, 6.0, why.Observed)
	require.Equal(t, 5.0, why.Threshold)
}

func TestHopeless_RequestsStillWaiting_CountOnceTheyAreTooLate(t *testing.T) {
	t.Parallel()
	waiting := func(now float64, first bool) loadgen.Seen {
		s := loadgen.Seen{Rate: 10, Planned: 100, Now: now, Window: 10, AloftAtEnd: -1}
		for range 6 {
			s.Waiting = append(s.Waiting, loadgen.SeenWaiting{At: 0, First: first})
		}
		return s
	}
	ttft, e2e := objective(serving.MetricTTFT, 0.95, 1), objective(serving.MetricE2E, 0.95, 1)
	_, lost := loadgen.Hopeless(waiting(0.9, false), ttft)
	require.False(t, lost)
	_, lost = loadgen.Hopeless(waiting(1.5, false), ttft)
	require.True(t, lost)
	_, lost = loadgen.Hopeless(waiting(1.5, true), ttft)
	require.False(t, lost, "their first token came in time, as far as is known")
	_, lost = loadgen.Hopeless(waiting(1.5, true), e2e)
	require.True(t, lost)
	_, lost = loadgen.Hopeless(waiting(1.5, false), objective(serving.MetricITL, 0.95, 0.01))
	require.False(t, lost, "a wait says nothing of the gaps between tokens")
}

func TestHopeless_Failures_StopTheRungOnceTheyExceedTheirShare(t *testing.T) {
	t.Parallel()
	failed := func(n int) loadgen.Seen {
		s := answered(n, 1, func(int, float64) float64 { return 0.1 })
		s.Planned = 300
		for i := range s.Landed {
			s.Landed[i].Error = "http_500"
		}
		return s
	}
	_, lost := loadgen.Hopeless(failed(3))
	require.False(t, lost)
	_, lost = loadgen.Hopeless(failed(4))
	require.True(t, lost)
}

func TestOverSaturated_WaitGrowingThroughTheRung_IsSeenWithoutAnObjective(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		ttft func(i int, at float64) float64
		want bool
	}{
		{"rate 10% beyond capacity", func(i int, at float64) float64 { return 0.2 + 0.1*at + 0.05*jitter(i) }, true},
		{"rate 2% beyond capacity is not told from noise", func(i int, at float64) float64 { return 0.2 + 0.02*at + 0.05*jitter(i) }, false},
		{"a rise too small to matter", func(_ int, at float64) float64 { return 0.02 + 0.0049*at }, false},
		{"steady", func(i int, _ float64) float64 { return 0.2 + 0.15*jitter(i) }, false},
		{"steady and slow", func(i int, _ float64) float64 { return 20 + 5*jitter(i) }, false},
		{"one burst in the middle", func(i int, at float64) float64 { return 0.2 + 3*math.Exp(-(at-10)*(at-10)) }, false},
		{"recovering", func(i int, at float64) float64 { return 3 - 0.1*at }, false},
	}
	for _, c := range cases {
		_, got := loadgen.OverSaturated(answered(200, 20, c.ttft))
		require.Equal(t, c.want, got, c.name)
	}
}

func TestOverSaturated_FewBlocksWithRequests_SaysNothing(t *testing.T) {
	t.Parallel()
	_, got := loadgen.OverSaturated(answered(4, 20, func(_ int, at float64) float64 { return at }))
	require.False(t, got)
	_, got = loadgen.OverSaturated(loadgen.Seen{Planned: 10, Rate: 1, Window: 10, AloftAtEnd: -1})
	require.False(t, got)
}

func TestOverSaturated_InFlightBeyondLittlesLaw_IsSeen(t *testing.T) {
	t.Parallel()
	s := answered(200, 20, func(int, float64) float64 { return 0.1 }) // 10/s of 1.1 s: 11 in flight
	s.AloftAtEnd = 15
	_, got := loadgen.OverSaturated(s)
	require.False(t, got)
	s.AloftAtEnd = 60
	why, got := loadgen.OverSaturated(s)
	require.True(t, got)
	require.Equal(t, "in_flight_at_end", why.Name)
	s.Waiting = []loadgen.SeenWaiting{{At: 19, First: true}}
	_, got = loadgen.OverSaturated(s)
	require.False(t, got, "not before the slow ones have landed")
}

func TestDelivered_CountsTokensByWhenTheyCame(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 100, loadgen.Delivered(10, 20, [4]float64{11, 1, 5, 100}), 1e-9, "inside")
	require.InDelta(t, 50, loadgen.Delivered(10, 20, [4]float64{7, 1, 5, 100}), 1e-9, "half before")
	require.InDelta(t, 25, loadgen.Delivered(10, 20, [4]float64{18, 1, 5, 100}), 1e-9, "three quarters after")
	require.InDelta(t, 0, loadgen.Delivered(10, 20, [4]float64{21, 1, 5, 100}), 1e-9, "outside")
	require.InDelta(t, 1, loadgen.Delivered(10, 20, [4]float64{12, 1, 1, 1}), 1e-9, "a single token")
	require.InDelta(t, 0, loadgen.Delivered(10, 20, [4]float64{12, 1, 0, 0}), 1e-9, "none")
}
