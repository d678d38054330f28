package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// observed builds the histogram that an exporter would show for the values.
func observed(bounds []float64, values ...float64) serving.Histogram {
	h := serving.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds))}
	for _, v := range values {
		h.Count++
		h.Sum += v
		for i, b := range bounds {
			if v <= b {
				h.Counts[i]++
			}
		}
	}
	return h
}

func TestHistogram_Quantile_InterpolatesWithinTheBucket(t *testing.T) {
	t.Parallel()
	h := serving.Histogram{Bounds: []float64{1, 2, 4}, Counts: []float64{2, 6, 10}, Count: 10, Sum: 20}
	for _, c := range []struct{ q, want float64 }{
		{0, 0}, {0.1, 0.5}, {0.2, 1}, {0.4, 1.5}, {0.6, 2}, {0.8, 3}, {1, 4},
	} {
		got, atLeast, ok := h.Quantile(c.q)
		require.True(t, ok)
		require.False(t, atLeast)
		require.InDelta(t, c.want, got, 1e-12, "q=%g", c.q)
	}
}

func TestHistogram_Quantile_BeyondTheLastBucketIsOnlyALowerBound(t *testing.T) {
	t.Parallel()
	h := serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1, 3}, Count: 10}
	got, atLeast, ok := h.Quantile(0.95)
	require.True(t, ok)
	require.True(t, atLeast)
	require.InDelta(t, 2.0, got, 0)
	require.Equal(t, serving.Known(2), h.QuantileMeasure(0.95))
}

func TestHistogram_Quantile_SkipsEmptyBuckets(t *testing.T) {
	t.Parallel()
	h := serving.Histogram{Bounds: []float64{1, 2, 3}, Counts: []float64{0, 0, 4}, Count: 4}
	got, _, ok := h.Quantile(0.5)
	require.True(t, ok)
	require.InDelta(t, 2.5, got, 1e-12)
}

func TestHistogram_Quantile_WithoutAnAnswerSaysSo(t *testing.T) {
	t.Parallel()
	full := serving.Histogram{Bounds: []float64{1}, Counts: []float64{1}, Count: 1}
	for name, c := range map[string]struct {
		h serving.Histogram
		q float64
	}{
		"no observations": {serving.Histogram{Bounds: []float64{1}, Counts: []float64{0}}, 0.5},
		"no bounds":       {serving.Histogram{Count: 3, Sum: 3}, 0.5},
		"counts missing":  {serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1}, Count: 1}, 0.5},
		"q below 0":       {full, -0.1},
		"q above 1":       {full, 1.1},
	} {
		_, _, ok := c.h.Quantile(c.q)
		require.False(t, ok, name)
	}
	require.False(t, (*serving.Histogram)(nil).QuantileMeasure(0.5).IsKnown())
}

func TestHistogram_Quantile_ToleratesCountsThatFallWithinAScrape(t *testing.T) {
	t.Parallel()
	h := serving.Histogram{Bounds: []float64{1, 2, 3}, Counts: []float64{5, 4, 10}, Count: 10}
	got, atLeast, ok := h.Quantile(0.75)
	require.True(t, ok)
	require.False(t, atLeast)
	require.InDelta(t, 2.5, got, 1e-12)
}

func TestHistogram_Quantile_LiesInTheBucketOfTheTrueQuantile(t *testing.T) {
	t.Parallel()
	bounds := []float64{0.01, 0.1, 1, 10}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0.0001, 10), 1, 60).Draw(t, "values")
		q := rapid.Float64Range(0.01, 1).Draw(t, "q")
		h := observed(bounds, values...)
		got, atLeast, ok := h.Quantile(q)
		require.True(t, ok)
		require.False(t, atLeast)
		atMost, below := 0.0, 0.0
		for i, b := range bounds {
			if got <= b {
				atMost = h.Counts[i]
				if i > 0 {
					below = h.Counts[i-1]
				}
				break
			}
		}
		rank := q * h.Count
		require.GreaterOrEqual(t, atMost, rank-1e-9)
		require.LessOrEqual(t, below, rank+1e-9)
	})
}

func TestHistogram_Quantile_NeverFallsAsQRises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := observed([]float64{1, 2, 5}, rapid.SliceOfN(rapid.Float64Range(0, 9), 1, 40).Draw(t, "values")...)
		previous := 0.0
		for q := 0.0; q <= 1; q += 0.05 {
			got, _, ok := h.Quantile(q)
			require.True(t, ok)
			require.GreaterOrEqual(t, got, previous-1e-12)
			previous = got
		}
	})
}

func TestHistogram_SubAndAdd_AreInverse(t *testing.T) {
	t.Parallel()
	bounds := []float64{1, 2, 4}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Map(rapid.IntRange(0, 6), func(i int) float64 { return float64(i) }))
		first, second := values.Draw(t, "first"), values.Draw(t, "second")
		earlier := observed(bounds, first...)
		both := observed(bounds, append(append([]float64{}, first...), second...)...)
		delta, ok := both.Sub(earlier)
		require.True(t, ok)
		require.Equal(t, observed(bounds, second...), delta)
		sum, ok := earlier.Add(delta)
		require.True(t, ok)
		require.Equal(t, both, sum)
	})
}

func TestHistogram_SubAndAdd_RefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{3, 5}, Count: 6}
	for name, o := range map[string]serving.Histogram{
		"fewer bounds":   {Bounds: []float64{1}, Counts: []float64{1}, Count: 1},
		"other bounds":   {Bounds: []float64{1, 3}, Counts: []float64{1, 1}, Count: 1},
		"counts missing": {Bounds: []float64{1, 2}, Counts: []float64{1}, Count: 1},
		"zero value":     {},
	} {
		_, ok := h.Sub(o)
		require.False(t, ok, "sub: "+name)
		_, ok = h.Add(o)
		require.False(t, ok, "add: "+name)
		_, ok = o.Sub(h)
		require.False(t, ok, "sub from: "+name)
	}
}

func TestHistogram_Sub_AFallOfAnyCountIsAReset(t *testing.T) {
	t.Parallel()
	before := serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{3, 5}, Count: 6}
	_, ok := serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{0, 1}, Count: 1}.Sub(before)
	require.False(t, ok, "total fell")
	_, ok = serving.Histogram{Bounds: []float64{1, 2}, Counts: []float64{2, 9}, Count: 9}.Sub(before)
	require.False(t, ok, "one bucket fell though the total rose")
}

func TestHistogram_SubAndAdd_LeaveTheirArgumentsAlone(t *testing.T) {
	t.Parallel()
	a := serving.Histogram{Bounds: []float64{1}, Counts: []float64{4}, Count: 4, Sum: 2}
	b := serving.Histogram{Bounds: []float64{1}, Counts: []float64{1}, Count: 1, Sum: 1}
	_, _ = a.Sub(b)
	_, _ = a.Add(b)
	require.Equal(t, []float64{4}, a.Counts)
	require.Equal(t, []float64{1}, b.Counts)
}

func TestHistogram_Mean(t *testing.T) {
	t.Parallel()
	require.Equal(t, serving.Known(2), serving.Histogram{Count: 3, Sum: 6}.Mean())
	require.False(t, serving.Histogram{}.Mean().IsKnown())
}
