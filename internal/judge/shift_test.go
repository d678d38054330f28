package judge_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Permeability of membranes, the example of Hollander and Wolfe (1973, p. 69)
// and of R's wilcox.test: W = 35, and a shift of 0.305.
func TestHodgesLehmann_TextbookExample(t *testing.T) {
	t.Parallel()
	a := judge.NewSample([]float64{0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46})
	b := judge.NewSample([]float64{1.15, 0.88, 0.90, 0.74, 1.21})
	test, _ := judge.MannWhitney(a, b)
	require.Equal(t, 35.0, test.U)
	got, ok := judge.HodgesLehmann(a, b, 0.95, 1)
	require.True(t, ok)
	require.InDelta(t, 0.305, got.Estimate, 1e-9)
	require.Less(t, got.Low, 0.0)
	require.Greater(t, got.High, 0.305)
	wider, _ := judge.HodgesLehmann(a, b, 0.95, 3)
	require.LessOrEqual(t, wider.Low, got.Low, "dependence widens the interval")
	require.GreaterOrEqual(t, wider.High, got.High)
	require.Equal(t, got.Estimate, wider.Estimate)
}

func TestHodgesLehmann_IsTheMedianOfAllDifferences(t *testing.T) {
	t.Parallel()
	// Few distinct values, so that most differences are equal.
	tied := rapid.SliceOfN(rapid.Map(rapid.IntRange(-3, 3), func(n int) float64 { return float64(n) / 4 }), 1, 30)
	spread := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 1, 30)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SampledFrom([]*rapid.Generator[[]float64]{tied, spread}).Draw(t, "values")
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		var all []float64
		for _, x := range a {
			for _, y := range b {
				all = append(all, x-y)
			}
		}
		slices.Sort(all)
		got, ok := judge.HodgesLehmann(judge.NewSample(a), judge.NewSample(b), 0.9, 1)
		require.True(t, ok)
		scale := 1e-9 * max(math.Abs(all[0]), math.Abs(all[len(all)-1]), 1)
		require.InDelta(t, judge.Quantile(all, 0.5), got.Estimate, scale)
		require.LessOrEqual(t, got.Low, got.Estimate+scale)
		require.GreaterOrEqual(t, got.High, got.Estimate-scale)
		back, _ := judge.HodgesLehmann(judge.NewSample(b), judge.NewSample(a), 0.9, 1)
		require.InDelta(t, got.Estimate, -back.Estimate, scale)
	})
}

func TestHodgesLehmann_EmptyOrConstant(t *testing.T) {
	t.Parallel()
	flat := judge.NewSample([]float64{2, 2, 2})
	_, ok := judge.HodgesLehmann(flat, judge.NewSample(nil), 0.95, 1)
	require.False(t, ok)
	got, ok := judge.HodgesLehmann(flat, judge.NewSample([]float64{5, 5}), 0.95, 1)
	require.True(t, ok)
	require.Equal(t, judge.Shift{Estimate: -3, Interval: judge.Interval{Low: -3, High: -3}}, got)
}
