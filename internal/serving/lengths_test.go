package serving_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestLengths_WrongField_IsNamedWithItsFix(t *testing.T) {
	t.Parallel()
	for want, l := range map[string]serving.Lengths{
		"mean: 0 must be above 0":  {},
		"mean: NaN":                {Mean: math.NaN()},
		"cv: -1":                   {Mean: 5, CV: -1},
		"min: -1":                  {Mean: 5, Min: -1},
		"max: 3 is below min, 4":   {Mean: 5, Min: 4, Max: 3},
		"min: 0, with max 9":       {Shape: serving.ShapeUniform, Max: 9},
		"points: 1 given":          {Shape: serving.ShapeEmpirical, Points: []float64{1}},
		"points: must be lengths":  {Shape: serving.ShapeEmpirical, Points: []float64{3, 2}},
		"points: must be lengths ": {Shape: serving.ShapeEmpirical, Points: []float64{1, math.NaN()}},
		`shape: "bell" is unknown`: {Shape: "bell", Mean: 5},
	} {
		require.ErrorContains(t, l.Validate(), want)
		require.ErrorContains(t, l.Validate(), "; ", "it says how to mend it")
	}
}

func TestLengths_Quantile_FollowsTheShape(t *testing.T) {
	t.Parallel()
	uniform := serving.Lengths{Shape: serving.ShapeUniform, Min: 10, Max: 30}
	require.Equal(t, 15.0, uniform.Quantile(0.25))
	fixed := serving.Lengths{Shape: serving.ShapeFixed, Mean: 7, CV: 3}
	require.Equal(t, 7.0, fixed.Quantile(0.99))
	empirical := serving.Lengths{Shape: serving.ShapeEmpirical, Points: []float64{10, 20, 60}}
	require.Equal(t, 40.0, empirical.Quantile(0.75))
	require.Equal(t, 60.0, empirical.Quantile(1))
	normal := serving.Lengths{Mean: 100, CV: 1}
	require.InDelta(t, 100/math.Sqrt2, normal.Quantile(0.5), 1e-9, "the median of a log-normal is mean/sqrt(1+cv^2)")
	require.Equal(t, 50.0, serving.Lengths{Mean: 100, CV: 1, Max: 50}.Quantile(0.9))
	require.Equal(t, 100.0, serving.Lengths{Mean: 100}.Quantile(1))
}

func TestLengths_AnyShape_QuantilesRiseWithinTheirLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := serving.Lengths{Mean: rapid.Float64Range(1, 1e4).Draw(t, "mean"), CV: rapid.Float64Range(0, 3).Draw(t, "cv"),
			Shape: rapid.SampledFrom([]string{"", serving.ShapeFixed, serving.ShapeUniform, serving.ShapeEmpirical}).Draw(t, "shape"),
			Min:   rapid.IntRange(1, 50).Draw(t, "min"), Max: rapid.IntRange(50, 5000).Draw(t, "max"),
			Points: []float64{1, 2, rapid.Float64Range(2, 900).Draw(t, "point"), 900}}
		require.NoError(t, l.Validate())
		before := 0.0
		for _, q := range []float64{0, 0.01, 0.3, 0.5, 0.9, 0.999, 1} {
			v := l.Quantile(q)
			require.GreaterOrEqual(t, v, before)
			require.GreaterOrEqual(t, v, float64(l.Min))
			require.LessOrEqual(t, v, float64(l.Max))
			before = v
		}
	})
}

func TestLengths_WithMoments_AreThoseOfTheShape(t *testing.T) {
	t.Parallel()
	uniform := serving.Lengths{Shape: serving.ShapeUniform, Min: 100, Max: 300}.WithMoments()
	require.Equal(t, 200.0, uniform.Mean)
	require.InDelta(t, 200/math.Sqrt(12)/200, uniform.CV, 1e-12)
	require.Zero(t, serving.Lengths{Shape: serving.ShapeFixed, Mean: 9, CV: 2}.WithMoments().CV)
	require.Equal(t, serving.Lengths{Mean: 9, CV: 2}, serving.Lengths{Mean: 9, CV: 2}.WithMoments())
	two := serving.Lengths{Shape: serving.ShapeEmpirical, Points: []float64{0, 10}}.WithMoments()
	require.Equal(t, 5.0, two.Mean)
	require.InDelta(t, 10/math.Sqrt(12)/5, two.CV, 1e-12)
}

func TestEmpiricalLengths_KeepTheMeanAndTheHumps(t *testing.T) {
	t.Parallel()
	// Half of the prompts are around 75 tokens, half around 3,000.
	h := serving.Histogram{Bounds: []float64{50, 100, 2000, 4000}, Counts: []float64{0, 500, 500, 1000}, Count: 1000, Sum: 500*75 + 500*3000}
	l, ok := serving.EmpiricalLengths(h)
	require.True(t, ok)
	require.NoError(t, l.Validate())
	require.InEpsilon(t, 1537.5, l.Mean, 0.01)
	require.Less(t, l.Quantile(0.45), 130.0)
	require.Greater(t, l.Quantile(0.55), 1800.0)
}

func TestEmpiricalLengths_NothingToLearnFrom_IsSaid(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]serving.Histogram{
		"empty":                   {},
		"no observations":         {Bounds: []float64{1}, Counts: []float64{0}},
		"some beyond the last":    {Bounds: []float64{10}, Counts: []float64{5}, Count: 6, Sum: 50},
		"no sum":                  {Bounds: []float64{10}, Counts: []float64{5}, Count: 5},
		"bounds without a count":  {Bounds: []float64{10, 20}, Counts: []float64{5}, Count: 5, Sum: 9},
		"a sum that is no number": {Bounds: []float64{10}, Counts: []float64{5}, Count: 5, Sum: math.NaN()},
	} {
		_, ok := serving.EmpiricalLengths(h)
		require.False(t, ok, name)
	}
}

func TestEmpiricalLengths_AnyHistogram_MeanIsItsOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, bound, count := serving.Histogram{}, 0.0, 0.0
		for range rapid.IntRange(1, 12).Draw(t, "buckets") {
			below := bound
			bound += rapid.Float64Range(1, 500).Draw(t, "width")
			n := float64(rapid.IntRange(0, 100).Draw(t, "n"))
			count += n
			h.Bounds, h.Counts = append(h.Bounds, bound), append(h.Counts, count)
			h.Sum += n * max(1, (below+bound)/2)
		}
		h.Count = count
		l, ok := serving.EmpiricalLengths(h)
		require.Equal(t, count > 0, ok)
		if ok {
			require.NoError(t, l.Validate())
			require.InEpsilon(t, h.Sum/h.Count, l.Mean, 0.05)
		}
	})
}
