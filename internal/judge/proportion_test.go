package judge_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func TestTwoProportion_FishersExactTest(t *testing.T) {
	t.Parallel()
	// Fisher's tea: 3 of 4 against 1 of 4 has p = 17/70.
	require.InDelta(t, 17.0/70, judge.TwoProportion(3, 4, 1, 4), 1e-12)
	// 5 of 5 against 0 of 5: one of the 252 ways to choose 5 of 10.
	require.InDelta(t, 1.0/252, judge.TwoProportion(5, 5, 0, 5), 1e-12)
	require.InDelta(t, 1, judge.TwoProportion(0, 50, 0, 50), 1e-9)
	require.InDelta(t, 1, judge.TwoProportion(0, 50, 3, 50), 1e-9)
}

func TestTwoProportion_WithoutRequests_ShowsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1.0, judge.TwoProportion(0, 0, 5, 10))
	require.Equal(t, 1.0, judge.TwoProportion(5, 10, 0, 0))
}

func TestTwoProportion_FalseAlarmsStayBelowAlpha(t *testing.T) {
	t.Parallel()
	r := random(8)
	const rounds, alpha = 2000, 0.05
	alarms := 0
	draw := func(n int) (failed int) {
		for range n {
			if r.Float64() < 0.03 {
				failed++
			}
		}
		return failed
	}
	for range rounds {
		if judge.TwoProportion(draw(150), 150, draw(200), 200) <= alpha {
			alarms++
		}
	}
	require.LessOrEqual(t, float64(alarms)/rounds, alpha+0.01)
}

func TestWilson_KnownValuesAndEdges(t *testing.T) {
	t.Parallel()
	i, ok := judge.Wilson(10, 100, 0.95)
	require.True(t, ok)
	require.InDelta(t, 0.0552, i.Low, 1e-4)
	require.InDelta(t, 0.1744, i.High, 1e-4)
	i, _ = judge.Wilson(0, 20, 0.95)
	require.Zero(t, i.Low)
	require.InDelta(t, 0.1611, i.High, 1e-4)
	i, _ = judge.Wilson(20, 20, 0.95)
	require.InDelta(t, 0.8389, i.Low, 1e-4)
	require.InDelta(t, 1, i.High, 1e-12)
	_, ok = judge.Wilson(0, 0, 0.95)
	require.False(t, ok)
}

func TestBinomialTail_AgreesWithGonum(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5, 20, 137, 5000} {
		for _, p := range []float64{0.001, 0.05, 0.5, 0.95} {
			d := distuv.Binomial{N: float64(n), P: p}
			for _, k := range []int{1, n/20 + 1, n / 2, n} {
				if k < 1 {
					continue
				}
				require.InDelta(t, 1-d.CDF(float64(k-1)), judge.BinomialTail(k, n, p), 1e-9, "k=%d n=%d p=%g", k, n, p)
			}
		}
	}
}

func TestBinomialTail_Edges(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1.0, judge.BinomialTail(0, 10, 0.1))
	require.Zero(t, judge.BinomialTail(11, 10, 0.9))
	require.Zero(t, judge.BinomialTail(1, 10, 0))
	require.Equal(t, 1.0, judge.BinomialTail(10, 10, 1))
}

func TestShareExceeds_WantsMoreThanChance(t *testing.T) {
	t.Parallel()
	const p95 = 1 - 0.95
	for _, c := range []struct {
		bad, n int
		want   bool
	}{
		{0, 0, false}, {0, 100, false}, {1, 1, true}, {1, 20, false}, {2, 20, false}, {4, 20, true},
		{5, 100, false}, {9, 100, false}, {10, 100, true}, {20, 20, true},
	} {
		require.Equal(t, c.want, judge.ShareExceeds(c.bad, c.n, p95, 0.05), "%d of %d", c.bad, c.n)
	}
	require.True(t, judge.ShareExceeds(1, 1000, 0, 0.05), "nothing is allowed")
}

// Newcombe (1998), table II, method 10.
func TestNewcombe_PrintedTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, n, b, m int
		low, high  float64
	}{{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090}, {6, 7, 2, 7, 0.0582, 0.8062}, {5, 56, 0, 29, -0.0381, 0.1926}} {
		got, ok := judge.Newcombe(c.a, c.n, c.b, c.m, 0.95)
		require.True(t, ok)
		require.InDelta(t, c.low, got.Low, 6e-5, "%d/%d - %d/%d", c.a, c.n, c.b, c.m)
		require.InDelta(t, c.high, got.High, 6e-5, "%d/%d - %d/%d", c.a, c.n, c.b, c.m)
	}
	_, ok := judge.Newcombe(0, 0, 1, 2, 0.95)
	require.False(t, ok)
}

// Its ends are where the binomial tails are half of what is left.
func TestClopperPearson_EndsAreExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ k, n int }{{1, 50}, {10, 100}, {49, 50}, {3, 3000}} {
		got, ok := judge.ClopperPearson(c.k, c.n, 0.95)
		require.True(t, ok)
		require.InDelta(t, 0.025, judge.BinomialTail(c.k, c.n, got.Low), 1e-6, "%d of %d", c.k, c.n)
		require.InDelta(t, 0.975, judge.BinomialTail(c.k+1, c.n, got.High), 1e-6, "%d of %d", c.k, c.n)
	}
	// Without a failure the upper end is 1 - 0.025^(1/n).
	none, _ := judge.ClopperPearson(0, 20, 0.95)
	require.Zero(t, none.Low)
	require.InDelta(t, 0.16843, none.High, 1e-5)
	all, _ := judge.ClopperPearson(20, 20, 0.95)
	require.Equal(t, 1.0, all.High)
	_, ok := judge.ClopperPearson(0, 0, 0.95)
	require.False(t, ok)
}
