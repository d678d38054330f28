package judge_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Fleiss, Levin and Paik (2003), table A.4: 0.6 against 0.7 at a two-sided 5%
// takes 376 a group for a power of 80%, and 0.05 against 0.1 takes 474.
func TestSamplesForErrors_PrintedTable(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 376, judge.SamplesForErrors(0.6, 0.1, 0.025, 0.8), 1)
	require.InDelta(t, 474, judge.SamplesForErrors(0.05, 0.05, 0.025, 0.8), 1)
	require.Zero(t, judge.SamplesForErrors(0.05, 0, 0.01, 0.8))
}

// Noether's formula by hand: (1.960+0.842)^2 / (6 * 0.2^2) = 32.7.
func TestSamplesForLocation_ByHand(t *testing.T) {
	t.Parallel()
	require.Equal(t, 33, judge.SamplesForLocation(0.7, 0.05, 0.8))
	require.Equal(t, 33, judge.SamplesForLocation(0.3, 0.05, 0.8))
	require.Zero(t, judge.SamplesForLocation(0.5, 0.05, 0.8))
}

// Cohen (1988), table 2.4.1: a difference of one standard deviation takes 17 a
// group for a power of 80% at a two-sided 5%, half of one 64.
func TestSamplesForReplicates_PrintedTable(t *testing.T) {
	t.Parallel()
	const sigma = 0.1
	cv := math.Sqrt(math.Expm1(sigma * sigma))
	require.InDelta(t, 17, judge.SamplesForReplicates(cv, math.Exp(sigma), 0.95, 0.8), 1)
	require.InDelta(t, 64, judge.SamplesForReplicates(cv, math.Exp(sigma/2), 0.95, 0.8), 1)
	require.Zero(t, judge.SamplesForReplicates(cv, 1, 0.95, 0.8))
}

// For equal arms against a limit of 1.15: f = 0.1031/0.5 and so
// 2*0.0475/0.0425 * (2.80/0.1398)^2 = 897.
func TestSamplesForTail_ByHand(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 897, judge.SamplesForTail(0.5, 1, 1.15, 0.95, 0.95, 0.8), 3)
	require.Zero(t, judge.SamplesForTail(0.5, 1.15, 1.15, 0.95, 0.95, 0.8))
}

func TestSampleSizes_LargerDifferences_TakeFewer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		small := rapid.Float64Range(0.01, 0.2).Draw(t, "difference")
		large := small * rapid.Float64Range(1.1, 3).Draw(t, "times")
		spread := rapid.Float64Range(0.05, 1).Draw(t, "spread")
		require.GreaterOrEqual(t, judge.SamplesForTail(spread, 1.15+small, 1.15, 0.95, 0.95, 0.8),
			judge.SamplesForTail(spread, 1.15+large, 1.15, 0.95, 0.95, 0.8))
		require.GreaterOrEqual(t, judge.SamplesForErrors(0.01, small, 0.01, 0.8), judge.SamplesForErrors(0.01, large, 0.01, 0.8))
		require.GreaterOrEqual(t, judge.SamplesForLocation(0.5+small/2, 0.05, 0.8), judge.SamplesForLocation(0.5+large/2, 0.05, 0.8))
		require.GreaterOrEqual(t, judge.SamplesForReplicates(spread, 1+small, 0.95, 0.8), judge.SamplesForReplicates(spread, 1+large, 0.95, 0.8))
	})
}
