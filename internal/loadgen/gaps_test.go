package loadgen_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/loadgen"
)

func TestGaps_AnyGaps_QuantilesAreExactWithinThreePercent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.IntRange(1, 100_000_000), 1, 200).Draw(t, "gaps")
		var gaps []time.Duration
		for _, us := range micros {
			gaps = append(gaps, time.Duration(us)*time.Microsecond)
		}
		half := len(gaps) / 2
		got := loadgen.GapSummary(false, gaps[:half], gaps[half:])
		slices.Sort(gaps)
		exact := func(q float64) float64 { return gaps[int(q*float64(len(gaps)-1))].Seconds() }
		require.Equal(t, len(gaps), got.Count)
		require.InDelta(t, exact(0.5), got.P50Seconds, 0.032*exact(0.5)+1e-6)
		require.InDelta(t, exact(0.95), got.P95Seconds, 0.032*exact(0.95)+1e-6)
		require.LessOrEqual(t, got.P99Seconds, gaps[len(gaps)-1].Seconds())
		require.Equal(t, got.P95Seconds, got.P95High)
	})
}

func TestGaps_OfAnEventWithoutContent_IsTakenBack(t *testing.T) {
	t.Parallel()
	got := loadgen.GapSummary(true, []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 3 * time.Microsecond})
	require.Equal(t, 2, got.Count)
	require.InDelta(t, 0.03, got.MeanSeconds, 1e-6)
}

func TestGaps_None_HaveNoSummary(t *testing.T) {
	t.Parallel()
	require.Nil(t, loadgen.GapSummary(false))
	require.Nil(t, loadgen.GapSummary(false, nil, nil))
}

func TestGaps_BeyondTheHistogram_StayInIt(t *testing.T) {
	t.Parallel()
	got := loadgen.GapSummary(false, []time.Duration{-time.Second, time.Hour})
	require.Equal(t, 2, got.Count)
	require.Zero(t, got.P50Seconds)
}
