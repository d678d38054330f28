package slo_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

func TestEvaluate_MoreSlowRequests_NeverMendABreach(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 120).Draw(t, "n")
		slow := rapid.IntRange(0, n-1).Draw(t, "slow")
		seconds := rapid.Float64Range(1.01, 5).Draw(t, "seconds")
		before, after := one(ttft, requests(n, slow, seconds), 20), one(ttft, requests(n, slow+1, seconds), 20)
		require.False(t, before.Breached && !after.Breached)
		require.False(t, before.Hard && !after.Hard)
		require.False(t, before.Hard && !before.Breached)
		require.False(t, before.NoData && before.Breached)
	})
}

func TestFromSnapshot_AgreesWithEvaluateOnTheSameRequests(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "n")
		slow := rapid.IntRange(0, n).Draw(t, "slow")
		seen := one(ttft, requests(n, slow, 1.5), 20)
		counted := snapshotStatus(ttft, serving.Snapshot{TTFT: histogram([]float64{0.5, 1, 2}, float64(n-slow), 0, float64(slow))})
		require.Equal(t, seen.Breached, counted.Breached)
		require.Equal(t, seen.Hard, counted.Hard)
		require.Equal(t, seen.NoData, counted.NoData)
		require.Equal(t, seen.Samples, counted.Samples)
	})
}

func TestBudgetAndBurn_AnySeries_NeverNaN(t *testing.T) {
	t.Parallel()
	bucket := rapid.Custom(func(t *rapid.T) slo.Bucket {
		return slo.Bucket{StartUnix: rapid.Float64Range(0, 1000).Draw(t, "at"),
			Good: float64(rapid.IntRange(0, 100).Draw(t, "good")), Bad: float64(rapid.IntRange(0, 5).Draw(t, "bad"))}
	})
	rapid.Check(t, func(t *rapid.T) {
		series := rapid.SliceOfN(bucket, 0, 20).Draw(t, "series")
		share := rapid.Float64Range(0, 0.2).Draw(t, "budget")
		b := slo.Budget(series, share, 600, 1000)
		_, err := json.Marshal(b)
		require.NoError(t, err)
		require.Equal(t, b.NoData, !b.Remaining.IsKnown())
		require.LessOrEqual(t, b.Remaining.Or(0), 1.0)
		alerts := slo.Alerts(series, share, append(slo.StandardPairs(day), slo.CanaryPairs()...), 1000)
		_, err = json.Marshal(alerts)
		require.NoError(t, err)
		for _, a := range alerts {
			require.False(t, a.Firing && (!a.Long.IsKnown() || !a.Short.IsKnown()))
		}
	})
}

// The windows of a day overlap: what a longer one counted, a shorter one may
// have missed, but never the other way round.
func TestCounted_LongerWindows_CountAtLeastAsMuch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		series := steady(10_000, 9000, 30, rapid.Float64Range(0, 1).Draw(t, "bad"))
		short := rapid.Float64Range(0, 4000).Draw(t, "short")
		long := short + rapid.Float64Range(0, 4000).Draw(t, "more")
		a, b := slo.Counted(series, short, 10_000), slo.Counted(series, long, 10_000)
		require.LessOrEqual(t, a.Good, b.Good)
		require.LessOrEqual(t, a.Bad, b.Bad)
	})
}
