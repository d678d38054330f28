package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ladder is a measured trial: the highest rate that passed, the lowest that
// failed (0: none) and the E2E p95 with its bounds at the reference rate.
func ladder(good, bad, low, p95, high float64) serving.Trial {
	t := serving.Trial{Status: serving.TrialMeasured, Purpose: "screen"}
	t.Result.MaxGood = good
	if bad > 0 {
		t.Result.MinBad = serving.Known(bad)
	}
	t.Result.Reference.E2E = serving.LatencySummary{Count: 500, P95Seconds: p95, P95Low: low, P95High: high}
	return t
}

const minEffect = 0.05

func TestAccept_ThroughputBound_HoldsTheCandidateAgainstTheFailedRate(t *testing.T) {
	t.Parallel()
	c, ok, why := propose.Accept(ladder(10, 11, 1.9, 2, 2.1), ladder(33, 36, 1.9, 2, 2.1), minEffect)
	require.True(t, ok, why)
	require.InDelta(t, 3.3, c.ThroughputRatio, 1e-9)
	require.InDelta(t, 3.0, c.ThroughputRatioLow, 1e-9)
	require.Contains(t, why, "33.00 req/s against 10.00 to 11.00")
	require.Contains(t, why, "3.00x")
}

func TestAccept_GainWithinTheBracket_IsNotProven(t *testing.T) {
	t.Parallel()
	c, ok, why := propose.Accept(ladder(10, 11, 1.9, 2, 2.1), ladder(11, 12, 1.9, 2, 2.1), minEffect)
	require.False(t, ok)
	require.InDelta(t, 1.1, c.ThroughputRatio, 1e-9)
	require.InDelta(t, 1.0, c.ThroughputRatioLow, 1e-9)
	require.Contains(t, why, "no gain of 5% is proven")
}

func TestAccept_BoundExactlyAtTheMinimum_IsEnough(t *testing.T) {
	t.Parallel()
	_, ok, _ := propose.Accept(ladder(90, 100, 1, 1, 1), ladder(105, 0, 1, 1, 1), minEffect)
	require.True(t, ok)
	_, ok, _ = propose.Accept(ladder(90, 100, 1, 1, 1), ladder(104.9, 0, 1, 1, 1), minEffect)
	require.False(t, ok)
}

func TestAccept_LowerLatency_CountsWhileThroughputHolds(t *testing.T) {
	t.Parallel()
	base := ladder(10, 10.2, 2.8, 3, 3.2)
	c, ok, why := propose.Accept(base, ladder(10, 10.2, 0.9, 1, 1.1), minEffect)
	require.True(t, ok, why)
	require.InDelta(t, 2.0/3, c.E2EP95Reduction, 1e-9)
	require.InDelta(t, 1-1.1/2.8, c.E2EP95ReductionLow, 1e-9)

	_, ok, why = propose.Accept(base, ladder(8, 9, 0.9, 1, 1.1), minEffect)
	require.False(t, ok, "latency bought with throughput")
	require.Contains(t, why, "throughput is only sure to be")
}

func TestAccept_OverlappingLatencies_ProveNothing(t *testing.T) {
	t.Parallel()
	c, ok, _ := propose.Accept(ladder(10, 10.1, 1.7, 2, 2.3), ladder(10, 10.1, 1.6, 1.8, 2.0), minEffect)
	require.False(t, ok)
	require.InDelta(t, 0.1, c.E2EP95Reduction, 1e-9)
	require.Negative(t, c.E2EP95ReductionLow)
}

func TestAccept_BaselineThatNeverFailed_IsComparedWithItsHighestRateAndSaysSo(t *testing.T) {
	t.Parallel()
	c, ok, why := propose.Accept(ladder(10, 0, 1, 1, 1), ladder(20, 0, 1, 1, 1), minEffect)
	require.True(t, ok)
	require.Equal(t, 2.0, c.ThroughputRatioLow)
	require.Contains(t, why, "the baseline never failed")
}

func TestAccept_BaselineThatPassesNowhere_IsComparedWithItsLowestFailure(t *testing.T) {
	t.Parallel()
	c, ok, why := propose.Accept(ladder(0, 2, 9, 10, 11), ladder(8, 9, 1, 1, 1), minEffect)
	require.True(t, ok)
	require.Equal(t, 4.0, c.ThroughputRatio)
	require.Equal(t, 4.0, c.ThroughputRatioLow)
	require.Contains(t, why, "passes at none and fails at 2.00")
}

func TestAccept_CandidateThatPassesNowhere_IsNoGain(t *testing.T) {
	t.Parallel()
	c, ok, _ := propose.Accept(ladder(10, 11, 1, 1, 1), ladder(0, 2, 9, 10, 11), minEffect)
	require.False(t, ok)
	require.Zero(t, c.ThroughputRatio)
	_, ok, _ = propose.Accept(ladder(0, 2, 9, 10, 11), ladder(0, 2, 9, 10, 11), minEffect)
	require.False(t, ok)
	_, ok, why := propose.Accept(ladder(0, 0, 9, 10, 11), ladder(5, 0, 9, 10, 11), minEffect)
	require.False(t, ok)
	require.Contains(t, why, "cannot be compared")
}

func TestAccept_UnusableMeasurements_AreNotCompared(t *testing.T) {
	t.Parallel()
	good := ladder(10, 10.2, 2.8, 3, 3.2)
	failed := serving.Trial{Status: serving.TrialFailed, Reason: "out of memory at start"}
	_, ok, why := propose.Accept(good, failed, minEffect)
	require.False(t, ok)
	require.Contains(t, why, "out of memory at start")
	_, ok, why = propose.Accept(failed, good, minEffect)
	require.False(t, ok)
	require.Contains(t, why, "the baseline was not measured")

	fast := ladder(10, 10.2, 0.9, 1, 1.1)
	fast.Result.Reference.Abandoned = 3
	_, ok, why = propose.Accept(good, fast, minEffect)
	require.False(t, ok, "its quantiles are lower bounds")
	require.Contains(t, why, "3 requests of the candidate were cut off")

	fast = ladder(10, 10.2, 0.9, 1, 1.1)
	fast.Result.Reference.Invalid = "the generator was late"
	c, ok, _ := propose.Accept(good, fast, minEffect)
	require.False(t, ok)
	require.Zero(t, c.E2EP95Reduction)
}

func TestAccept_BracketTurnedRound_NeverBeatsTheRatioItself(t *testing.T) {
	t.Parallel()
	c, _, _ := propose.Accept(ladder(10, 9, 1, 1, 1), ladder(10.2, 11, 1, 1, 1), minEffect)
	require.LessOrEqual(t, c.ThroughputRatioLow, c.ThroughputRatio)
}

func TestAccept_UpperBound_IsTheCandidatesFailureAgainstWhatTheBaselinePassed(t *testing.T) {
	t.Parallel()
	c, _, _ := propose.Accept(ladder(10, 12, 1, 1, 1), ladder(40, 50, 0.5, 0.5, 0.5), 0.05)
	require.InDelta(t, 5, c.ThroughputRatioHigh, 1e-9)
	require.GreaterOrEqual(t, c.E2EP95ReductionHigh, c.E2EP95Reduction)
	require.GreaterOrEqual(t, c.E2EP95Reduction, c.E2EP95ReductionLow)
}

func TestAccept_CandidateThatNeverFailed_HasNoUpperBound(t *testing.T) {
	t.Parallel()
	capped := ladder(40, 50, 0.5, 0.5, 0.5)
	capped.Result.MinBad = serving.Unknown()
	c, _, _ := propose.Accept(ladder(10, 12, 1, 1, 1), capped, 0.05)
	require.Zero(t, c.ThroughputRatioHigh)
}
