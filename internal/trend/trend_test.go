package trend_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/trend"
)

func sqrt(v float64) float64 { return math.Sqrt(v) }

var cfg = trend.DefaultConfig()

func TestAnalyse_SteadyRise_IsRisingWithItsSlopeWithinTheInterval(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(noisy(120, 1, 0, steady(0.1)), cfg)
	require.Equal(t, trend.Rising, got.Direction, got.Reason)
	require.InDelta(t, 6, got.SlopePerHour.Or(0), 0.6, "0.1 a minute")
	require.Less(t, got.SlopePerHourLow.Or(99), 6.0)
	require.Greater(t, got.SlopePerHourHigh.Or(0), 6.0)
	require.InDelta(t, got.SlopePerHour.Or(0)*24, got.SlopePerDay.Or(0), 1e-9)
	require.Less(t, got.PValue.Or(1), 1e-6)
	require.Equal(t, 120, got.Points)
	require.Equal(t, start, got.FirstUnix)
	require.Equal(t, trend.Straight, got.Shape)
	require.Empty(t, got.ChangePoints, "a slope is no staircase")
	require.Contains(t, got.Reason, "120 points over 1.98 h")
}

func TestAnalyse_FallInOneStep_IsFallingInSteps(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(noisy(120, 2, 0, step(70, -5)), cfg)
	require.Equal(t, trend.Falling, got.Direction, got.Reason)
	require.Equal(t, trend.Steps, got.Shape)
	require.Len(t, got.ChangePoints, 1)
	require.Contains(t, got.Reason, "in steps")
}

func TestAnalyse_NoiseAlone_IsFlatWithPoints(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(noisy(120, 3, 0, steady(0)), cfg)
	require.Equal(t, trend.Flat, got.Direction, got.Reason)
	require.True(t, got.SlopePerHour.IsKnown(), "flat is a statement with evidence")
	require.Contains(t, got.Reason, "no trend shown")
}

func TestAnalyse_NothingOrTooLittle_IsNeverFlat(t *testing.T) {
	t.Parallel()
	for n := range cfg.MinPoints {
		got := trend.Analyse(series(n, steady(1)), cfg)
		require.Equal(t, trend.InsufficientData, got.Direction, "%d points", n)
		require.Equal(t, n, got.Points)
		require.False(t, got.SlopePerHour.IsKnown())
		require.False(t, got.PValue.IsKnown())
		require.Contains(t, got.Reason, "at least 10")
		require.NotNil(t, got.ChangePoints, "an empty list in JSON, not null")
	}
	undefined := series(50, func(int) float64 { return math.NaN() })
	require.Equal(t, trend.InsufficientData, trend.Analyse(undefined, cfg).Direction)
}

func TestAnalyse_ConstantSeries_IsFlat(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(series(40, func(int) float64 { return 3 }), cfg)
	require.Equal(t, trend.Flat, got.Direction)
	require.Zero(t, got.SlopePerHour.Or(1))
	require.Equal(t, 1.0, got.PValue.Or(0))
	require.Empty(t, got.ChangePoints)
}

func TestAnalyse_SignificantButTiny_IsFlatAndSaysSo(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(series(100, func(i int) float64 { return 100 + 0.01*float64(i) }), cfg)
	require.Less(t, got.PValue.Or(1), 0.001)
	require.Equal(t, trend.Flat, got.Direction)
	require.Contains(t, got.Reason, "below the 2% that count")
}

func TestAnalyse_OneOutlier_ChangesNothing(t *testing.T) {
	t.Parallel()
	points := noisy(60, 4, 0, steady(0))
	before := trend.Analyse(points, cfg)
	points[59].Value = 1e6
	after := trend.Analyse(points, cfg)
	require.Equal(t, before.Direction, after.Direction)
	require.InDelta(t, before.SlopePerHour.Or(0), after.SlopePerHour.Or(9), 0.5)
	require.Empty(t, after.ChangePoints)
}

func TestAnalyse_Gap_IsReportedAndNotFilled(t *testing.T) {
	t.Parallel()
	points := noisy(60, 5, 0, steady(0.2))
	cut := slices.Concat(points[:20], points[40:])
	got := trend.Analyse(cut, cfg)
	require.Equal(t, 40, got.Points)
	require.Equal(t, trend.Gaps{Count: 1, LongestSeconds: 21 * minute}, got.Gaps)
	require.InDelta(t, 12, got.SlopePerHour.Or(0), 1.5, "the slope is by time, not by position")
	require.Zero(t, trend.Analyse(points, cfg).Gaps.Count)
}

func TestAnalyse_OrderAndRepeats_DoNotMatter(t *testing.T) {
	t.Parallel()
	points := noisy(50, 6, 0, steady(0.3))
	want := trend.Analyse(points, cfg)
	shuffled := slices.Clone(points)
	slices.Reverse(shuffled)
	require.Equal(t, want, trend.Analyse(append(shuffled, points[7]), cfg))
	require.Equal(t, start, points[0].AtUnix, "the caller's points stay as they are")
}

func TestAnalyse_LongSeries_IsThinnedToMediansAndSaysSo(t *testing.T) {
	t.Parallel()
	got := trend.Analyse(noisy(5000, 7, 0, steady(0.01)), cfg)
	require.Equal(t, 5000, got.Points)
	require.Equal(t, 500, got.Used)
	require.Equal(t, trend.Rising, got.Direction)
	require.InDelta(t, 0.6, got.SlopePerHour.Or(0), 0.01)
}

func TestThin_KeepsOrderAndMakesNothingUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 300).Draw(t, "values")
		limit := rapid.IntRange(1, 50).Draw(t, "limit")
		points := series(len(values), func(i int) float64 { return values[i] })
		thin := trend.Thin(points, limit)
		require.Len(t, thin, min(limit, len(values)))
		for i, p := range thin {
			require.GreaterOrEqual(t, p.Value, slices.Min(values))
			require.LessOrEqual(t, p.Value, slices.Max(values))
			require.True(t, i == 0 || p.AtUnix > thin[i-1].AtUnix)
		}
	})
}

func TestMannKendall_TauAgreesWithGonum(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		points := noisy(40, seed, 0.3, steady(0.05))
		times, values := make([]float64, len(points)), make([]float64, len(points))
		for i, p := range points {
			times[i], values[i] = p.AtUnix, p.Value
		}
		require.InDelta(t, stat.Kendall(times, values, nil), trend.MannKendall(values, values).Tau, 1e-12)
	}
}

func TestMannKendall_ByHand(t *testing.T) {
	t.Parallel()
	// 1 2 3 4 5 6 7 8 9 10: S = 45, Var = 10*9*25/18 = 125, z = 44/sqrt(125) = 3.935.
	got := trend.MannKendall([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, make([]float64, 10))
	require.Equal(t, 45.0, got.S)
	require.Equal(t, 125.0, got.Variance)
	require.Equal(t, 1.0, got.Inflation)
	require.InDelta(t, 8.3e-5, got.P, 1e-6)
	// Ties: 23 24 29 6 29 24 24 29 23 (Gilbert 1987, example 16.4 has such groups):
	// groups of 2, 3 and 3: (9*8*23 - 2*1*9 - 2*(3*2*11)) / 18 = 1506/18.
	tied := trend.MannKendall([]float64{23, 24, 29, 6, 29, 24, 24, 29, 23}, nil)
	require.InDelta(t, 1506.0/18, tied.Variance, 1e-12)
}

func TestTheilSen_ByHand(t *testing.T) {
	t.Parallel()
	points := []trend.Point{{AtUnix: 0, Value: 0}, {AtUnix: 1, Value: 1}, {AtUnix: 2, Value: 4}, {AtUnix: 4, Value: 4}}
	// Slopes 1, 2, 1, 3, 1, 0; sorted 0 1 1 1 2 3.
	got, ok := trend.TheilSen(points, 0.95, 0)
	require.True(t, ok)
	require.Equal(t, 1.0, got.PerSecond)
	wide, _ := trend.TheilSen(points, 0.95, 1e6)
	require.Equal(t, 0.0, wide.Low)
	require.Equal(t, 3.0, wide.High)
	_, ok = trend.TheilSen(points[:1], 0.95, 0)
	require.False(t, ok)
}

func TestAnalyse_ScalesWithTheUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := noisy(rapid.IntRange(12, 60).Draw(t, "n"), rapid.Uint64Range(0, 1000).Draw(t, "seed"), 0.2, steady(0.1))
		factor := rapid.SampledFrom([]float64{0.25, 2, 1024}).Draw(t, "factor")
		scaled := slices.Clone(points)
		for i := range scaled {
			scaled[i].Value *= factor
		}
		one, two := trend.Analyse(points, cfg), trend.Analyse(scaled, cfg)
		require.Equal(t, one.Direction, two.Direction)
		require.Equal(t, one.PValue, two.PValue)
		require.InEpsilon(t, one.SlopePerHour.Or(0)*factor, two.SlopePerHour.Or(0), 1e-9)
		require.LessOrEqual(t, one.SlopePerHourLow.Or(0), one.SlopePerHour.Or(0))
		require.GreaterOrEqual(t, one.SlopePerHourHigh.Or(0), one.SlopePerHour.Or(0))
	})
}
