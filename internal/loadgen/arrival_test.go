package loadgen_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The mean gap is 1/rate whatever the shape k is, its coefficient of variation
// 1/sqrt(k). The tolerances are five standard errors of 20,000 gaps; the fourth
// moment of a gamma variable makes that of the variance sqrt((2+6/k)/n).
func TestSchedule_GammaArrivals_HaveTheirMeanAndVariance(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, k := range []float64{0.1, 0.5, 1, 2, 16, 400} {
		w := workload(50, 4, 1)
		w.Arrival, w.ArrivalShape = serving.ArrivalGamma, k
		mean, cv := gaps(planned(t, w, 11, n))
		require.InEpsilon(t, 0.02, mean, 5/math.Sqrt(k*n), "shape %g", k)
		require.InEpsilon(t, 1/k, cv*cv, 5*math.Sqrt((2+6/k)/n)+10/math.Sqrt(k*n), "shape %g", k)
	}
}

func TestSchedule_GammaWithoutAShape_IsPoisson(t *testing.T) {
	t.Parallel()
	w, poisson := workload(50, 4, 1), workload(50, 4, 1)
	w.Arrival, poisson.Arrival = serving.ArrivalGamma, serving.ArrivalPoisson
	require.Equal(t, planned(t, poisson, 3, 50), planned(t, w, 3, 50))
}

func TestRamp_Arrivals_FollowTheRate(t *testing.T) {
	t.Parallel()
	spec := serving.LoadSpec{Workload: workload(10, 4, 1), Profile: serving.ProfileRamp, RampToRate: 90,
		WarmupSeconds: 10, DurationSeconds: 40, Seed: 1}
	got, window, err := loadgen.PlanLoad(spec)
	require.NoError(t, err)
	require.InDelta(t, 40, window.Seconds(), 0.2)
	within := func(from, to float64) (n float64) {
		for _, r := range got {
			if at := r.At.Seconds(); at >= from && at < to {
				n++
			}
		}
		return n
	}
	require.InDelta(t, 100, within(0, 10), 1, "the warm-up runs at the first rate")
	require.InDelta(t, 40*(10+90)/2, within(10, 50), 2)
	require.InDelta(t, 10*(10+30)/2, within(10, 20), 1, "the first quarter rises to 30/s")
	require.InDelta(t, 10*(70+90)/2, within(40, 50), 1)
}

func TestRamp_AnyTwoRates_TimesRiseAndTheCountIsTheirMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := serving.LoadSpec{Workload: workload(rapid.Float64Range(0.5, 80).Draw(t, "from"), 4, 1), Profile: serving.ProfileRamp,
			RampToRate: rapid.Float64Range(0.5, 80).Draw(t, "to"), DurationSeconds: rapid.Float64Range(1, 60).Draw(t, "length")}
		got, _, err := loadgen.PlanLoad(spec)
		require.NoError(t, err)
		require.InDelta(t, spec.DurationSeconds*(spec.Workload.RatePerSecond+spec.RampToRate)/2, len(got), 1.5)
		for i := 1; i < len(got); i++ {
			require.Greater(t, got[i].At, got[i-1].At)
		}
	})
}

func TestSchedule_Shapes_AreDrawnAsTheySay(t *testing.T) {
	t.Parallel()
	w := workload(50, 4, 1)
	w.PromptTokens = serving.Lengths{Shape: serving.ShapeUniform, Min: 10, Max: 29}
	w.OutputTokens = serving.Lengths{Shape: serving.ShapeEmpirical, Points: []float64{100, 200, 1000}}
	got := planned(t, w, 5, 20_000)
	counts := map[int]int{}
	for _, r := range got {
		counts[r.Prompt]++
		require.GreaterOrEqual(t, r.Output, 100)
		require.LessOrEqual(t, r.Output, 1000)
	}
	require.Len(t, counts, 20, "both ends are drawn")
	for length, n := range counts {
		require.InDelta(t, 1000, n, 160, "%d tokens", length) // five standard errors
	}
	mean, cv := moments(len(got), func(i int) float64 { return float64(got[i].Output) })
	expected := w.OutputTokens.WithMoments()
	require.InEpsilon(t, expected.Mean, mean, 0.03)
	require.InEpsilon(t, expected.CV, cv, 0.05)

	w.PromptTokens = serving.Lengths{Shape: serving.ShapeFixed, Mean: 17, CV: 2}
	for _, r := range planned(t, w, 5, 50) {
		require.Equal(t, 17, r.Prompt)
	}
}

func TestSchedule_Sessions_KeepTheRateOfRequests(t *testing.T) {
	t.Parallel()
	w := workload(50, 4, 1)
	w.Arrival = serving.ArrivalPoisson
	w.Sessions = &serving.Sessions{Turns: serving.Lengths{Shape: serving.ShapeUniform, Min: 1, Max: 7}, ThinkSeconds: 3}
	got := planned(t, w, 2, 5000)
	requests, think, pauses := 0, 0.0, 0
	indices := map[int]bool{}
	for _, s := range got {
		requests += 1 + len(s.Turns)
		indices[s.Index] = true
		for _, turn := range s.Turns {
			think, pauses = think+turn.Think.Seconds(), pauses+1
			indices[turn.Index] = true
			require.Equal(t, s.Group, turn.Group)
		}
	}
	require.InEpsilon(t, 50, float64(requests)/got[len(got)-1].At.Seconds(), 0.08)
	require.InEpsilon(t, 3, think/float64(pauses), 0.05)
	require.Len(t, indices, requests, "every request has a text of its own")
}
