package judge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func TestQuantile_InterpolatesBetweenRanks(t *testing.T) {
	t.Parallel()
	sorted := []float64{1, 2, 3, 4, 5}
	for _, c := range []struct{ q, want float64 }{
		{0, 1}, {0.25, 2}, {0.5, 3}, {0.95, 4.8}, {1, 5}, {-1, 1}, {2, 5},
	} {
		require.InDelta(t, c.want, judge.Quantile(sorted, c.q), 1e-12, "q=%g", c.q)
	}
	require.Equal(t, 7.0, judge.Quantile([]float64{7}, 0.95))
}

func TestQuantile_OfNothing_IsNotZero(t *testing.T) {
	t.Parallel()
	require.True(t, math.IsNaN(judge.Quantile(nil, 0.95)))
	require.True(t, math.IsNaN(judge.Quantile([]float64{1, 2}, math.NaN())))
}

func TestSample_LeavesOutWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	s := judge.NewSample([]float64{3, math.NaN(), 1, math.Inf(1), 2, math.Inf(-1)})
	require.Equal(t, 3, s.Count())
	require.Equal(t, 2.0, s.Quantile(0.5))
	require.Equal(t, 2.0, s.Mean())
}

func TestSample_Above_CountsStrictlyGreater(t *testing.T) {
	t.Parallel()
	s := judge.NewSample([]float64{1, 2, 2, 2, 3})
	for threshold, want := range map[float64]int{0: 5, 1: 4, 1.5: 4, 2: 1, 2.5: 1, 3: 0, 9: 0} {
		require.Equal(t, want, s.Above(threshold), "threshold %g", threshold)
	}
	require.Zero(t, judge.NewSample(nil).Above(1))
}
