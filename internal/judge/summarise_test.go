package judge_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestSummarise_DescribesAndBoundsTheTail(t *testing.T) {
	t.Parallel()
	values := logNormal(random(4), 400, 0.2, 0.5, 0)
	s := judge.Summarise(values)
	require.Equal(t, 400, s.Count)
	require.InDelta(t, 0.2, s.P50Seconds, 0.03)
	require.InDelta(t, 0.2*math.Exp(0.125), s.MeanSeconds, 0.03)
	require.Less(t, s.P50Seconds, s.P90Seconds)
	require.Less(t, s.P90Seconds, s.P95Seconds)
	require.Less(t, s.P95Seconds, s.P99Seconds)
	require.Less(t, s.P95Low, s.P95Seconds)
	require.Greater(t, s.P95High, s.P95Seconds)
	require.Equal(t, s, judge.Summarise(values), "the same values give the same summary")
}

func TestSummarise_TooFewToBound_BoundsEqualTheEstimate(t *testing.T) {
	t.Parallel()
	s := judge.Summarise([]float64{1, 2, 3})
	require.Equal(t, 3, s.Count)
	require.Equal(t, s.P95Seconds, s.P95Low)
	require.Equal(t, s.P95Seconds, s.P95High)
}

func TestSummarise_OfNothing_CanBeWritten(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{nil, {}, {math.NaN(), math.Inf(1)}} {
		s := judge.Summarise(values)
		require.Equal(t, serving.LatencySummary{}, s)
		_, err := json.Marshal(s)
		require.NoError(t, err)
	}
}
