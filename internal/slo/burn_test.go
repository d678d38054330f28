package slo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

func TestStandardPairs_OnThirtyDays_AreThoseOfTheWorkbook(t *testing.T) {
	t.Parallel()
	pairs := slo.StandardPairs(30 * day)
	require.Len(t, pairs, 4)
	for i, want := range []struct{ long, short, factor float64 }{
		{hour, 300, 14.4}, {6 * hour, 1800, 6}, {day, 2 * hour, 3}, {3 * day, 6 * hour, 1},
	} {
		require.InDelta(t, want.long, pairs[i].LongSeconds, 1e-6)
		require.InDelta(t, want.short, pairs[i].ShortSeconds, 1e-6)
		require.InDelta(t, want.factor, pairs[i].Factor, 1e-9)
		require.Equal(t, i < 2, pairs[i].Severity == serving.AlertPage)
	}
}

func TestStandardPairs_OtherPeriods_ScaleTheWindows(t *testing.T) {
	t.Parallel()
	pairs := slo.StandardPairs(15 * day)
	require.InDelta(t, hour/2, pairs[0].LongSeconds, 1e-6)
	require.InDelta(t, 14.4, pairs[0].Factor, 1e-9)
}

func TestBurn_IsTheBadShareOverTheBudget(t *testing.T) {
	t.Parallel()
	now := 40 * day
	require.InDelta(t, 1, slo.Burn(steady(now, hour, 60, 0.001), 0.001, hour, now, 0).Or(0), 1e-9)
	require.InDelta(t, 14.4, slo.Burn(steady(now, hour, 60, 0.0144), 0.001, hour, now, 0).Or(0), 1e-9)
	require.Zero(t, slo.Burn(steady(now, hour, 60, 0), 0.001, hour, now, 0).Or(-1))
}

func TestBurn_TooFewEventsOrNoBudget_IsUnknown(t *testing.T) {
	t.Parallel()
	require.False(t, slo.Burn(nil, 0.001, hour, 0, 0).IsKnown())
	require.False(t, slo.Burn([]slo.Bucket{{StartUnix: 5, Bad: 19}}, 0.001, hour, 10, 20).IsKnown())
	require.True(t, slo.Burn([]slo.Bucket{{StartUnix: 5, Bad: 20}}, 0.001, hour, 10, 20).IsKnown())
	require.False(t, slo.Burn([]slo.Bucket{{StartUnix: 5, Bad: 20}}, 0, hour, 10, 0).IsKnown())
}

func TestAlerts_FireOnlyWhenBothWindowsBurn(t *testing.T) {
	t.Parallel()
	now, target := 40*day, 0.001
	firing := func(series []slo.Bucket) (names []string) {
		for _, a := range slo.Alerts(series, target, slo.StandardPairs(30*day), now) {
			if a.Firing {
				names = append(names, a.Pair.Name)
			}
		}
		return names
	}
	quiet := steady(now, 3*day, 60, 0)
	require.Empty(t, firing(nil))
	require.Empty(t, firing(quiet))
	require.Equal(t, []string{"page-fast", "page-slow", "ticket-fast", "ticket-slow"}, firing(steady(now, 3*day, 60, 0.02)))
	require.Equal(t, []string{"ticket-slow"}, firing(steady(now, 3*day, 60, 0.002)))

	// Two bad minutes an hour ago: the hour burned, the last five minutes do not.
	over := steady(now, 3*day, 60, 0)
	for i := range 20 {
		over[len(over)-40-i].Bad, over[len(over)-40-i].Good = 60, 0
	}
	alerts := slo.Alerts(over, target, slo.StandardPairs(30*day), now)
	require.Greater(t, alerts[0].Long.Or(0), 14.4)
	require.Zero(t, alerts[0].Short.Or(-1))
	require.False(t, alerts[0].Firing, "it is over: nobody is to be woken")

	// Bad for one minute only: the short window burns, the long one has not.
	blip := steady(now, 3*day, 60, 0)
	blip[len(blip)-1].Bad, blip[len(blip)-1].Good = 30, 30
	alerts = slo.Alerts(blip, target, slo.StandardPairs(30*day), now)
	require.Greater(t, alerts[0].Short.Or(0), 14.4)
	require.False(t, alerts[0].Firing)
}

func TestAlerts_OnACanary_NeedMinutesAndTwentyRequests(t *testing.T) {
	t.Parallel()
	const now, p95 = 10_000, 0.05
	fast := func(series []slo.Bucket) bool { return slo.Alerts(series, p95, slo.CanaryPairs(), now)[0].Firing }
	slow := func(series []slo.Bucket) bool { return slo.Alerts(series, p95, slo.CanaryPairs(), now)[1].Firing }
	require.True(t, fast(steady(now, 300, 30, 0.8)))
	require.False(t, fast(steady(now, 300, 30, 0.4)))
	require.True(t, slow(steady(now, 1800, 30, 0.4)))
	require.False(t, fast(steady(now, 300, 19, 1)), "19 requests a minute are too few to tell")
	require.False(t, fast(nil))
}

func TestPairsOf_AMedian_HasFactorsThatTrafficCanReach(t *testing.T) {
	t.Parallel()
	median := serving.Objective{Name: "m", Metric: serving.MetricTTFT, Quantile: 0.5, Threshold: 1}
	for _, p := range slo.PairsOf(median) {
		require.LessOrEqual(t, p.Factor*slo.BudgetShare(median), 0.9)
		require.NotZero(t, p.MinEvents)
	}
	require.InDelta(t, 14.4, slo.PairsOf(ttft)[0].Factor, 1e-9, "5% times 14.4 is below all")
}
