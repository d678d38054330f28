package judge_test

import (
	"math"
	"testing"

	"github.com/aclements/go-moremath/stats"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func TestSummariseReplicates_ByHand(t *testing.T) {
	t.Parallel()
	// Mean 10, squares 4+1+0+1+4 = 10 over 4, so s = sqrt(2.5); t(0.975, 4) = 2.776.
	got, ok := judge.SummariseReplicates([]float64{8, 9, 10, 11, 12}, judge.ReplicateConfig{})
	require.True(t, ok)
	require.Equal(t, 5, got.Count)
	require.InDelta(t, 10, got.Mean, 1e-12)
	require.InDelta(t, math.Sqrt(2.5), got.StdDev, 1e-12)
	half := 2.7764 * math.Sqrt(2.5/5)
	require.InDelta(t, 10-half, got.Low, 1e-3)
	require.InDelta(t, 10+half, got.High, 1e-3)
	require.InDelta(t, 0.158, got.CV, 1e-3)
	require.Equal(t, judge.Fair, got.Stability)
}

// pair has the mean 1 and the given coefficient of variation.
func pair(cv float64) []float64 { return []float64{1 - cv/math.Sqrt2, 1 + cv/math.Sqrt2} }

func TestSummariseReplicates_ClassesOfStability(t *testing.T) {
	t.Parallel()
	for cv, want := range map[float64]judge.Stability{
		0: judge.Excellent, 0.049: judge.Excellent, 0.051: judge.Good, 0.099: judge.Good,
		0.101: judge.Fair, 0.199: judge.Fair, 0.201: judge.Unstable, 0.9: judge.Unstable,
	} {
		got, ok := judge.SummariseReplicates(pair(cv), judge.ReplicateConfig{})
		require.True(t, ok)
		require.InDelta(t, cv, got.CV, 1e-9)
		require.Equal(t, want, got.Stability, "cv %g", cv)
	}
	got, _ := judge.SummariseReplicates([]float64{-1, 1}, judge.ReplicateConfig{})
	require.Equal(t, judge.Unstable, got.Stability, "a mean of nothing with a spread")
	got, _ = judge.SummariseReplicates(pair(0.3), judge.ReplicateConfig{FairCV: 0.4})
	require.Equal(t, judge.Fair, got.Stability, "the border is configurable")
}

func TestSummariseReplicates_OneOrNoNumber_TellsNoSpread(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{nil, {3}, {3, math.NaN()}, {3, 4, math.Inf(1)}} {
		_, ok := judge.SummariseReplicates(values, judge.ReplicateConfig{})
		require.False(t, ok)
	}
}

func TestCompareReplicates_AgreesWithAnIndependentWelchTest(t *testing.T) {
	t.Parallel()
	r := random(4)
	logs := func(values []float64) []float64 {
		out := make([]float64, len(values))
		for i, v := range values {
			out[i] = math.Log(v)
		}
		return out
	}
	for range 20 {
		a, b := logNormal(r, 5, 1.1, 0.05, 0), logNormal(r, 7, 1, 0.1, 0)
		want, err := stats.TwoSampleWelchTTest(stats.Sample{Xs: logs(a)}, stats.Sample{Xs: logs(b)}, stats.LocationDiffers)
		require.NoError(t, err)
		got, ok := judge.CompareReplicates(a, b, judge.ReplicateConfig{})
		require.True(t, ok)
		require.InDelta(t, want.P, got.P, 1e-6)
		require.Equal(t, got.P < 0.05, got.Low > 1 || got.High < 1, "the interval and p say the same")
	}
}

func TestCompareReplicates_RefusesWhatIsUnstableOrTooFew(t *testing.T) {
	t.Parallel()
	steady, wild := []float64{10, 10.1, 9.9}, []float64{5, 10, 15}
	got, ok := judge.CompareReplicates(steady, wild, judge.ReplicateConfig{})
	require.True(t, ok)
	require.Equal(t, "unstable: replicates vary by 50%, at most 20% are judged", got.Refused)
	got, _ = judge.CompareReplicates(steady[:2], steady, judge.ReplicateConfig{})
	require.Equal(t, "2 of at least 3 replicates", got.Refused)
	got, _ = judge.CompareReplicates([]float64{12, 12.1, 11.9}, steady, judge.ReplicateConfig{})
	require.Empty(t, got.Refused)
	require.InDelta(t, 1.2, got.Ratio, 1e-3)
	require.Greater(t, got.Low, 1.1)
	for _, values := range [][]float64{{1}, {0, 1, 2}, {-1, 2, 3}} {
		_, ok = judge.CompareReplicates(values, steady, judge.ReplicateConfig{})
		require.False(t, ok)
	}
}

func TestCompareReplicates_Constants(t *testing.T) {
	t.Parallel()
	twos, threes := []float64{2, 2, 2}, []float64{3, 3, 3}
	got, ok := judge.CompareReplicates(twos, twos, judge.ReplicateConfig{})
	require.True(t, ok)
	require.Equal(t, 1.0, got.P)
	require.Equal(t, judge.Interval{Low: 1, High: 1}, got.Interval)
	got, _ = judge.CompareReplicates(threes, twos, judge.ReplicateConfig{})
	require.Zero(t, got.P)
	require.InDelta(t, 1.5, got.Ratio, 1e-12)
}

func TestCompareReplicates_TurnedAround_IsTheInverse(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfN(rapid.Float64Range(0.1, 10), 2, 8)
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		forth, okForth := judge.CompareReplicates(a, b, judge.ReplicateConfig{})
		back, okBack := judge.CompareReplicates(b, a, judge.ReplicateConfig{})
		require.True(t, okForth && okBack)
		require.InEpsilon(t, forth.Ratio, 1/back.Ratio, 1e-9)
		require.InDelta(t, forth.P, back.P, 1e-9)
		require.True(t, forth.P >= 0 && forth.P <= 1)
		require.LessOrEqual(t, forth.Low, forth.Ratio*(1+1e-12))
		require.GreaterOrEqual(t, forth.High*(1+1e-12), forth.Ratio)
	})
}
