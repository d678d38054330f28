package loadgen_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func planned(t *testing.T, w serving.Workload, seed uint64, n int) []loadgen.PlannedRequest {
	t.Helper()
	got, err := loadgen.Plan(w, seed, n)
	require.NoError(t, err)
	return got
}

// moments are the mean and the coefficient of variation.
func moments(n int, of func(i int) float64) (mean, cv float64) {
	sum, squares := 0.0, 0.0
	for i := range n {
		x := of(i)
		sum, squares = sum+x, squares+x*x
	}
	mean = sum / float64(n)
	return mean, math.Sqrt(max(0, squares/float64(n)-mean*mean)) / mean
}

func gaps(requests []loadgen.PlannedRequest) (mean, cv float64) {
	return moments(len(requests)-1, func(i int) float64 { return (requests[i+1].At - requests[i].At).Seconds() })
}

func TestSchedule_Arrivals_FollowTheirProcess(t *testing.T) {
	t.Parallel()
	w := workload(50, 4, 1)
	mean, cv := gaps(planned(t, w, 1, 1000))
	require.InDelta(t, 0.02, mean, 1e-6)
	require.InDelta(t, 0, cv, 1e-3)

	w.Arrival = "" // Poisson
	mean, cv = gaps(planned(t, w, 1, 20_000))
	require.InEpsilon(t, 0.02, mean, 0.03)
	require.InDelta(t, 1, cv, 0.03)
}

func TestSchedule_Lengths_FollowTheirDistribution(t *testing.T) {
	t.Parallel()
	w := varied()
	w.OutputTokens = serving.Lengths{Mean: 40, CV: 1, Min: 10, Max: 90}
	got := planned(t, w, 3, 20_000)
	mean, cv := moments(len(got), func(i int) float64 { return float64(got[i].Prompt) })
	require.InEpsilon(t, 60, mean, 0.03)
	require.InEpsilon(t, 0.8, cv, 0.1)
	shortest, longest := got[0].Output, got[0].Output
	for _, r := range got {
		shortest, longest = min(shortest, r.Output), max(longest, r.Output)
	}
	require.Equal(t, 10, shortest)
	require.Equal(t, 90, longest)
}

func TestSchedule_Rate_ChangesTimesAndNothingElse(t *testing.T) {
	t.Parallel()
	slow, fast := varied(), varied()
	slow.PrefixGroups, fast.PrefixGroups = 5, 5
	slow.RatePerSecond, fast.RatePerSecond = 1, 10
	a, b := planned(t, slow, 9, 200), planned(t, fast, 9, 200)
	for i := range a {
		require.InDelta(t, a[i].At.Seconds(), 10*b[i].At.Seconds(), 1e-4)
		a[i].At, b[i].At = 0, 0
	}
	require.Equal(t, a, b)
	require.NotEqual(t, a, planned(t, slow, 10, 200))
}

func TestSchedule_LongLoad_KeepsItsRate(t *testing.T) {
	t.Parallel()
	got := planned(t, workload(7, 4, 1), 1, 100_000)
	require.InDelta(t, 100_000.0/7, got[len(got)-1].At.Seconds(), float64(time.Millisecond))
}
