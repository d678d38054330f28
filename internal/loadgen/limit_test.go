package loadgen_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// step is a rung at a rate with its misses of one rule that allows 5%.
func step(rate float64, missed, requests int) serving.LadderStep {
	s := serving.LadderStep{Verdict: serving.RungPass, Load: serving.LoadResult{RatePerSecond: rate},
		Attained: []serving.Attainment{{Name: "ttft", Missed: missed, Requests: requests, Allowed: 0.05}}}
	if float64(missed) > 0.05*float64(requests) {
		s.Verdict = serving.RungFail
	}
	return s
}

func TestIsotonic_PoolsWhatFalls(t *testing.T) {
	t.Parallel()
	require.Equal(t, []float64{1, 2.5, 2.5, 4}, loadgen.Isotonic([]float64{1, 3, 2, 4}, []float64{1, 1, 1, 1}))
	require.Equal(t, []float64{2, 2, 2}, loadgen.Isotonic([]float64{3, 2, 1}, []float64{1, 1, 1}))
	require.Equal(t, []float64{2.25, 2.25}, loadgen.Isotonic([]float64{3, 2}, []float64{1, 3}), "by weight")
	require.Empty(t, loadgen.Isotonic(nil, nil))
}

func TestIsotonic_AnyValues_NeverFallsAndKeepsTheMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 30).Draw(t, "values")
		weights := make([]float64, len(values))
		sum, fitted := 0.0, 0.0
		for i := range weights {
			weights[i] = rapid.Float64Range(1, 500).Draw(t, "weight")
		}
		for i, v := range loadgen.Isotonic(values, weights) {
			sum, fitted = sum+values[i]*weights[i], fitted+v*weights[i]
			if i > 0 {
				require.GreaterOrEqual(t, v, loadgen.Isotonic(values, weights)[i-1])
			}
		}
		require.InDelta(t, sum, fitted, 1e-6*(1+sum))
	})
}

func TestEstimateLimit_LiesInItsIntervalBetweenGoodAndBad(t *testing.T) {
	t.Parallel()
	steps := []serving.LadderStep{step(10, 1, 400), step(16, 4, 400), step(25.6, 300, 400), step(20, 80, 400), step(18, 10, 400)}
	at, low, high, ok := loadgen.EstimateLimit(steps, 1)
	require.True(t, ok)
	require.Equal(t, 18.0, low, "18/s passed beyond doubt")
	require.Equal(t, 20.0, high)
	require.Greater(t, at, 18.0)
	require.Less(t, at, 20.0)
	again, _, _, _ := loadgen.EstimateLimit(steps, 1)
	require.Equal(t, at, again, "the same steps say the same")
}

func TestEstimateLimit_RungsNearTheLimit_WidenTheInterval(t *testing.T) {
	t.Parallel()
	steps := []serving.LadderStep{step(10, 0, 200), step(16, 9, 200), step(18, 11, 200), step(30, 150, 200)}
	_, low, high, ok := loadgen.EstimateLimit(steps, 1)
	require.True(t, ok)
	require.Equal(t, 10.0, low, "9 of 200 may well be more than one in twenty")
	require.Equal(t, 30.0, high)
}

func TestEstimateLimit_WithoutBothSides_IsNotTold(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]serving.LadderStep{
		"no steps":      nil,
		"all passed":    {step(10, 0, 300), step(16, 0, 300)},
		"none passed":   {step(10, 200, 300), step(5, 100, 300)},
		"nothing asked": {{Verdict: serving.RungPass, Load: serving.LoadResult{RatePerSecond: 4}}},
		"all invalid":   {{Verdict: serving.RungInvalid, Attained: step(1, 0, 9).Attained}},
	} {
		_, _, _, ok := loadgen.EstimateLimit(steps, 1)
		require.False(t, ok, name)
	}
}

func TestEstimateLimit_FallingBehind_CountsAsMissedByAll(t *testing.T) {
	t.Parallel()
	behind := step(20, 0, 300)
	behind.Verdict = serving.RungFail // over-saturated before a request missed
	_, low, high, ok := loadgen.EstimateLimit([]serving.LadderStep{step(10, 0, 300), behind}, 1)
	require.True(t, ok)
	require.Equal(t, []float64{10, 20}, []float64{low, high})
}

func TestEstimateLimit_SeveralRules_TheFirstToBreakBinds(t *testing.T) {
	t.Parallel()
	with := func(rate float64, first, second int) serving.LadderStep {
		s := step(rate, first, 500)
		s.Attained = append(s.Attained, serving.Attainment{Name: "itl", Missed: second, Requests: 500, Allowed: 0.05})
		return s
	}
	_, low, high, ok := loadgen.EstimateLimit([]serving.LadderStep{with(10, 0, 0), with(20, 0, 400), with(40, 400, 500)}, 1)
	require.True(t, ok)
	require.Equal(t, []float64{10, 20}, []float64{low, high})
}

// The interval must hold the true limit about as often as it says, whatever the
// shape of the curve between the rungs.
func TestEstimateLimit_HoldsTheTrueLimit(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	const ladders, requests = 200, 400
	held := 0
	for i := range ladders {
		limit := 11 + 12*r.Float64()
		share := func(rate float64) float64 { return 1 / (1 + 19*math.Pow(limit/rate, 8)) } // 5% at the limit
		var steps []serving.LadderStep
		for _, rate := range []float64{8, 10, 12, 14, 16, 18, 20, 22, 26} {
			missed := 0
			for _, m := range missing(requests, share(rate), r) {
				if m {
					missed++
				}
			}
			steps = append(steps, step(rate, missed, requests))
		}
		if _, low, high, ok := loadgen.EstimateLimit(steps, uint64(i)); ok && low <= limit && (high == 0 || limit <= high) {
			held++
		}
	}
	require.GreaterOrEqual(t, float64(held)/ladders, 0.93)
}
