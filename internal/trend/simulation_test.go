package trend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/trend"
)

// Seeds are fixed, so that these shares are the same in every run.
const repeats = 300

func share(n int, of func(seed uint64) bool) float64 {
	hits := 0
	for seed := range uint64(n) {
		if of(seed) {
			hits++
		}
	}
	return float64(hits) / float64(n)
}

func TestAnalyse_FalseTrends_StayNearAlpha(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		correlation float64
		most        float64
	}{{0, 0.08}, {0.5, 0.12}, {0.8, 0.22}} {
		corrected := share(repeats, func(seed uint64) bool {
			return trend.Analyse(noisy(100, seed, c.correlation, steady(0)), cfg).PValue.Or(1) <= 0.05
		})
		plain := share(repeats, func(seed uint64) bool {
			return trend.Analyse(noisy(100, seed, c.correlation, steady(0)), cfg).PValueIndependent.Or(1) <= 0.05
		})
		t.Logf("correlation %.1f: false trends %.3f, without the correction %.3f", c.correlation, corrected, plain)
		require.LessOrEqual(t, corrected, c.most, "correlation %g", c.correlation)
		require.LessOrEqual(t, corrected, plain)
	}
}

func TestAnalyse_SlopeInterval_CoversTheTruth(t *testing.T) {
	t.Parallel()
	for _, correlation := range []float64{0, 0.5} {
		covered := share(repeats, func(seed uint64) bool {
			got := trend.Analyse(noisy(80, seed, correlation, steady(0.02)), cfg)
			return got.SlopePerHourLow.Or(9) <= 1.2 && got.SlopePerHourHigh.Or(0) >= 1.2
		})
		t.Logf("correlation %.1f: covered %.3f", correlation, covered)
		require.GreaterOrEqual(t, covered, 0.88)
	}
}

func TestChangePoints_FalseSteps_AreRare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		correlation float64
		most        float64
	}{{0, 0.02}, {0.5, 0.05}, {0.8, 0.05}} {
		found := share(repeats, func(seed uint64) bool {
			cuts, _ := trend.ChangePoints(noisy(120, seed, c.correlation, steady(0)), cfg)
			return len(cuts) > 0
		})
		t.Logf("correlation %.1f: false steps %.3f", c.correlation, found)
		require.LessOrEqual(t, found, c.most, "correlation %g", c.correlation)
	}
}

func TestChangePoints_StepOfTwoAndAHalfDeviations_IsFoundWhereItIs(t *testing.T) {
	t.Parallel()
	for correlation, least := range map[float64]float64{0: 0.95, 0.3: 0.75} {
		found := share(repeats, func(seed uint64) bool {
			points := noisy(120, seed, correlation, step(50, 2.5))
			cuts, _ := trend.ChangePoints(points, cfg)
			for _, c := range cuts {
				if at := (c.AtUnix - start) / minute; at >= 46 && at <= 54 {
					return true
				}
			}
			return false
		})
		t.Logf("correlation %.1f: found %.3f", correlation, found)
		require.GreaterOrEqual(t, found, least)
	}
}

func TestCompare_FalseDifferences_StayNearAlpha(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		correlation float64
		most        float64
	}{{0, 0.08}, {0.5, 0.13}} {
		found := share(repeats, func(seed uint64) bool {
			points := noisy(80, seed, c.correlation, steady(0))
			return trend.Compare(points[:40], points[40:], cfg).PValue.Or(1) <= 0.05
		})
		t.Logf("correlation %.1f: false differences %.3f", c.correlation, found)
		require.LessOrEqual(t, found, c.most, "correlation %g", c.correlation)
	}
}

func TestCompare_Interval_CoversTheTruth(t *testing.T) {
	t.Parallel()
	covered := share(repeats, func(seed uint64) bool {
		points := noisy(60, seed, 0, step(30, 1))
		got := trend.Compare(points[:30], points[30:], cfg)
		return got.DifferenceLow.Or(9) <= 1 && got.DifferenceHigh.Or(0) >= 1
	})
	t.Logf("covered %.3f", covered)
	require.GreaterOrEqual(t, covered, 0.92)
}
