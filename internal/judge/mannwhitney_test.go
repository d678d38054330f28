package judge_test

import (
	"math"
	"testing"

	"github.com/aclements/go-moremath/stats"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func TestMannWhitney_AgreesWithAnIndependentImplementation(t *testing.T) {
	t.Parallel()
	r := random(3)
	for _, c := range []struct {
		m, n   int
		slower float64
		digits float64 // rounding that makes ties
	}{{80, 90, 1, 0}, {80, 90, 1.2, 0}, {120, 60, 1.1, 20}, {200, 200, 1, 5}} {
		a, b := logNormal(r, c.m, c.slower, 0.5, 0), logNormal(r, c.n, 1, 0.5, 0)
		if c.digits > 0 {
			for _, values := range [][]float64{a, b} {
				for i := range values {
					values[i] = math.Round(values[i]*c.digits) / c.digits
				}
			}
		}
		want, err := stats.MannWhitneyUTest(a, b, stats.LocationDiffers)
		require.NoError(t, err)
		got, ok := judge.MannWhitney(judge.NewSample(a), judge.NewSample(b))
		require.True(t, ok)
		require.InDelta(t, want.U, got.U, 1e-6)
		require.InDelta(t, want.P, got.P, 0.01)
	}
}

func TestMannWhitney_ByHand(t *testing.T) {
	t.Parallel()
	got, ok := judge.MannWhitney(judge.NewSample([]float64{4, 5, 6}), judge.NewSample([]float64{1, 2, 3}))
	require.True(t, ok)
	require.Equal(t, 9.0, got.U)
	require.Equal(t, 1.0, got.CLES)
	got, _ = judge.MannWhitney(judge.NewSample([]float64{1, 2}), judge.NewSample([]float64{2, 3}))
	require.Equal(t, 0.5, got.U) // one tie, counting half
	require.Equal(t, 0.125, got.CLES)
}

func TestMannWhitney_Symmetric(t *testing.T) {
	t.Parallel()
	a, b := judge.NewSample(logNormal(random(1), 70, 1.3, 0.5, 0)), judge.NewSample(logNormal(random(2), 90, 1, 0.5, 0))
	forth, _ := judge.MannWhitney(a, b)
	back, _ := judge.MannWhitney(b, a)
	require.InDelta(t, forth.P, back.P, 1e-12)
	require.InDelta(t, 1, forth.CLES+back.CLES, 1e-12)
}

// The continuity correction of a naive formula gives 1.04 for equal medians.
func TestMannWhitney_PIsAProbability(t *testing.T) {
	t.Parallel()
	for n := 1; n < 40; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i)
		}
		got, ok := judge.MannWhitney(judge.NewSample(values), judge.NewSample(values))
		require.True(t, ok)
		require.GreaterOrEqual(t, got.P, 0.0)
		require.LessOrEqual(t, got.P, 1.0)
		require.InDelta(t, 0.5, got.CLES, 1e-12)
	}
}

func TestMannWhitney_ConstantOrEmpty_SaysNothing(t *testing.T) {
	t.Parallel()
	flat := judge.NewSample([]float64{2, 2, 2, 2})
	got, ok := judge.MannWhitney(flat, flat)
	require.True(t, ok)
	require.False(t, got.Shifted)
	require.Equal(t, 1.0, got.P)
	require.Equal(t, 0.5, got.CLES)
	_, ok = judge.MannWhitney(flat, judge.NewSample(nil))
	require.False(t, ok)
}
