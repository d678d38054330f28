package judge_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/judge"
)

var drawn = judge.Resampling{Confidence: 0.95, Resamples: 4000, Seed: 3}

// resampleByHand is the bootstrap as in the textbook: draw n with replacement,
// sort, read the value at rank (n+1)q; many times.
func resampleByHand(values []float64, q, confidence float64, resamples int) judge.Interval {
	r := random(11)
	quantiles := make([]float64, resamples)
	again := make([]float64, len(values))
	for i := range quantiles {
		for j := range again {
			again[j] = values[r.IntN(len(values))]
		}
		slices.Sort(again)
		quantiles[i] = judge.Quantile(again, (float64(len(again)+1)*q-1)/float64(len(again)-1))
	}
	slices.Sort(quantiles)
	tail := (1 - confidence) / 2
	return judge.Interval{Low: judge.Quantile(quantiles, tail), High: judge.Quantile(quantiles, 1-tail)}
}

// The order-statistic shortcut must give the interval that resampling gives, up
// to the smoothing between ranks.
func TestBootstrap_AgreesWithResamplingByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n int
		q float64
	}{{100, 0.5}, {100, 0.9}, {200, 0.95}, {500, 0.95}, {500, 0.99}} {
		values := spread(c.n)
		got, ok := judge.Bootstrap(judge.NewSample(values), c.q, 0.95)
		require.True(t, ok)
		want := resampleByHand(values, c.q, 0.95, 4000)
		require.InEpsilon(t, want.Low, got.Low, 0.06, "n=%d q=%g", c.n, c.q)
		require.InEpsilon(t, want.High, got.High, 0.06, "n=%d q=%g", c.n, c.q)
	}
}

// spread draws values and orders them so that every stretch of time holds its
// part of the high ones: nothing is dependent, not even by chance.
func spread(n int) []float64 {
	sorted := logNormal(random(uint64(n)), n, 1, 0.5, 0)
	slices.Sort(sorted)
	step := int(0.618 * float64(n)) // the golden ratio leaves no gaps
	for gcd(step, n) != 1 {
		step++
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = sorted[i*step%n]
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func TestBootstrap_CoversTheTrueQuantile(t *testing.T) {
	t.Parallel()
	truth := math.Exp(0.5 * 1.6448536269514722)
	r := random(5)
	const rounds = 400
	covered := 0
	for range rounds {
		b, _ := judge.Bootstrap(judge.NewSample(logNormal(r, 150, 1, 0.5, 0)), 0.95, 0.95)
		if b.Low <= truth && truth <= b.High {
			covered++
		}
	}
	require.GreaterOrEqual(t, covered, rounds*92/100)
}

func TestBootstrapRatio_CoversTheTrueRatio(t *testing.T) {
	t.Parallel()
	r := random(6)
	const rounds = 300
	covered := 0
	for range rounds {
		a, b := logNormal(r, 200, 2, 0.5, 0), logNormal(r, 150, 1, 0.5, 0)
		i, _ := judge.BootstrapRatio(judge.NewSample(a), judge.NewSample(b), 0.95,
			judge.Resampling{Confidence: 0.95, Resamples: 400, Seed: 9})
		if i.Low <= 2 && 2 <= i.High {
			covered++
		}
	}
	require.GreaterOrEqual(t, covered, rounds*92/100)
}

// Requests that were slow together are fewer than they seem.
func TestBootstrap_DependentRequests_WidenTheInterval(t *testing.T) {
	t.Parallel()
	width := func(values []float64) float64 {
		b, _ := judge.Bootstrap(judge.NewSample(values), 0.95, 0.95)
		return b.High - b.Low
	}
	r, bursts := random(2), make([]float64, 400)
	for i := range bursts {
		bursts[i] = 1 + r.Float64()/10
		if i/20%10 == 3 { // 20 neighbours in each 200
			bursts[i] = 3 + r.Float64()
		}
	}
	mixed := make([]float64, len(bursts))
	for i := range mixed {
		mixed[i] = bursts[i*147%len(bursts)] // the same values, spread over time
	}
	slow := func(values []float64) float64 { return judge.NewSample(values).Quantile(0.95) }
	require.Equal(t, slow(bursts), slow(mixed))
	require.Greater(t, width(bursts), 1.5*width(mixed))
}

func TestBootstrapRatio_SameSeed_SameInterval(t *testing.T) {
	t.Parallel()
	a, b := judge.NewSample(logNormal(random(1), 100, 1, 0.5, 0)), judge.NewSample(logNormal(random(2), 100, 1, 0.5, 0))
	first, _ := judge.BootstrapRatio(a, b, 0.95, drawn)
	second, _ := judge.BootstrapRatio(a, b, 0.95, drawn)
	require.Equal(t, first, second)
	other := drawn
	other.Seed++
	third, _ := judge.BootstrapRatio(a, b, 0.95, other)
	require.NotEqual(t, first, third)
}

func TestBootstrap_EmptyOrConstant(t *testing.T) {
	t.Parallel()
	empty, flat := judge.NewSample(nil), judge.NewSample([]float64{2, 2, 2, 2, 2, 2})
	_, ok := judge.Bootstrap(empty, 0.95, 0.95)
	require.False(t, ok)
	_, ok = judge.BootstrapRatio(flat, empty, 0.95, drawn)
	require.False(t, ok)
	b, ok := judge.Bootstrap(flat, 0.95, 0.95)
	require.True(t, ok)
	require.Equal(t, judge.Interval{Low: 2, High: 2}, b)
	one, ok := judge.Bootstrap(judge.NewSample([]float64{4}), 0.99, 0.95)
	require.True(t, ok)
	require.Equal(t, judge.Interval{Low: 4, High: 4}, one)
}

func TestBootstrapRatio_OfZeros_IsOneAndFinite(t *testing.T) {
	t.Parallel()
	zeros, some := judge.NewSample(make([]float64, 60)), judge.NewSample([]float64{1, 1, 1, 1, 1})
	i, ok := judge.BootstrapRatio(zeros, zeros, 0.95, drawn)
	require.True(t, ok)
	require.Equal(t, judge.Interval{Low: 1, High: 1}, i)
	i, _ = judge.BootstrapRatio(some, zeros, 0.95, drawn)
	require.False(t, math.IsInf(i.High, 0))
}
