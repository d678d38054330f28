package trend_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/trend"
)

func TestChangePoints_TwoSteps_AreBothFoundWithTheirLevels(t *testing.T) {
	t.Parallel()
	points := noisy(150, 1, 0, func(i int) float64 { return 10 + 6*float64(min(i/50, 1)) - 8*float64(i/100) })
	cuts, shape := trend.ChangePoints(points, cfg)
	require.Equal(t, trend.Steps, shape)
	require.Len(t, cuts, 2)
	require.InDelta(t, start+50*minute, cuts[0].AtUnix, 2*minute)
	require.InDelta(t, 10, cuts[0].Before, 0.6)
	require.InDelta(t, 16, cuts[0].After, 0.6)
	require.InDelta(t, 0.6, cuts[0].RelativeChange.Or(0), 0.1)
	require.InDelta(t, -8, cuts[1].Difference, 1)
	require.Equal(t, 150, cuts[0].PointsBefore+cuts[0].PointsAfter+cuts[1].PointsAfter)
	require.Less(t, cuts[0].PValue, cfg.StepAlpha)
}

func TestChangePoints_SlowMinutes_AreNoStep(t *testing.T) {
	t.Parallel()
	points := noisy(120, 2, 0, steady(0))
	points[40].Value, points[41].Value, points[90].Value = 500, 700, -300
	cuts, _ := trend.ChangePoints(points, cfg)
	require.Empty(t, cuts)
}

func TestChangePoints_ShorterThanTheLeastStretch_AreNotReported(t *testing.T) {
	t.Parallel()
	points := noisy(80, 3, 0, steady(0))
	for i := 40; i < 43; i++ {
		points[i].Value += 8
	}
	cuts, _ := trend.ChangePoints(points, cfg)
	for i, c := range cuts {
		require.GreaterOrEqual(t, min(c.PointsBefore, c.PointsAfter), cfg.MinSegment, "cut %d", i)
	}
	few, shape := trend.ChangePoints(points[:2*cfg.MinSegment-1], cfg)
	require.Empty(t, few)
	require.Empty(t, shape)
}

func TestChangePoints_SteadySlope_IsALine(t *testing.T) {
	t.Parallel()
	cuts, shape := trend.ChangePoints(noisy(120, 4, 0, steady(0.2)), cfg)
	require.Empty(t, cuts)
	require.Equal(t, trend.Straight, shape)
}

func TestChangePoints_NoNoiseAtAll_StillFindsTheStep(t *testing.T) {
	t.Parallel()
	cuts, _ := trend.ChangePoints(series(40, step(15, 3)), cfg)
	require.Len(t, cuts, 1)
	require.Equal(t, start+15*minute, cuts[0].AtUnix)
	constant, shape := trend.ChangePoints(series(40, steady(0)), cfg)
	require.Empty(t, constant)
	require.Empty(t, shape)
}

func TestChangePoints_MostlyZero_AsQueuesAre(t *testing.T) {
	t.Parallel()
	queue := series(60, func(i int) float64 {
		if i < 30 {
			return 0
		}
		return float64(20 + i%3)
	})
	cuts, _ := trend.ChangePoints(queue, cfg)
	require.Len(t, cuts, 1)
	require.False(t, cuts[0].RelativeChange.IsKnown(), "nothing is relative to 0")
}

func TestCompare_TwoLevels(t *testing.T) {
	t.Parallel()
	points := noisy(60, 5, 0, step(30, -4))
	got := trend.Compare(points[:30], points[30:], cfg)
	require.Equal(t, trend.Falling, got.Direction, got.Reason)
	require.InDelta(t, -4, got.Difference.Or(0), 0.8)
	require.Less(t, got.DifferenceHigh.Or(0), 0.0)
	require.InDelta(t, -0.4, got.RelativeChange.Or(0), 0.1)
	require.Less(t, got.Greater.Or(1), 0.05)
	require.Equal(t, 30, got.Before.Points)
	require.LessOrEqual(t, got.Before.P10.Or(0), got.Before.Median.Or(0))
	require.Equal(t, slices.MaxFunc(points[:30], func(a, b trend.Point) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	}).Value, got.Before.Greatest.Or(0))
}

func TestCompare_SameWindowTwice_ShowsNoDifference(t *testing.T) {
	t.Parallel()
	points := noisy(30, 6, 0, steady(0))
	got := trend.Compare(points, points, cfg)
	require.Equal(t, trend.Flat, got.Direction)
	require.Zero(t, got.Difference.Or(1))
	require.InDelta(t, 0.5, got.Greater.Or(0), 1e-9)
	require.Equal(t, 1.0, got.PValue.Or(0))
}

func TestCompare_EmptyOrThinWindow_IsInsufficientAndNamesIt(t *testing.T) {
	t.Parallel()
	full := noisy(30, 7, 0, steady(0))
	for name, c := range map[string]struct{ before, after []trend.Point }{
		"before": {full[:cfg.MinWindowPoints-1], full}, "after": {full, nil},
	} {
		got := trend.Compare(c.before, c.after, cfg)
		require.Equal(t, trend.InsufficientData, got.Direction)
		require.Contains(t, got.Reason, name)
		require.False(t, got.Difference.IsKnown())
		require.False(t, got.PValue.IsKnown())
	}
}

func TestCompare_ConstantWindows(t *testing.T) {
	t.Parallel()
	same := trend.Compare(series(10, steady(0)), series(10, steady(0)), cfg)
	require.Equal(t, trend.Flat, same.Direction)
	other := trend.Compare(series(10, steady(0)), series(10, step(0, 1)), cfg)
	require.Equal(t, trend.Rising, other.Direction)
	require.Equal(t, 1.0, other.Difference.Or(0))
}

func TestCompare_SwappedWindows_SwapTheSign(t *testing.T) {
	t.Parallel()
	points := noisy(60, 8, 0.3, step(30, 2))
	forth, back := trend.Compare(points[:30], points[30:], cfg), trend.Compare(points[30:], points[:30], cfg)
	require.InDelta(t, forth.Difference.Or(0), -back.Difference.Or(0), 1e-9)
	require.InDelta(t, forth.DifferenceLow.Or(0), -back.DifferenceHigh.Or(0), 1e-9)
	require.InDelta(t, forth.PValue.Or(0), back.PValue.Or(1), 1e-12)
}
