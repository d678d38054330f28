package serving_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// geometric are TGI's duration buckets.
func geometric() []float64 {
	var out []float64
	for b := 0.00015; b < 150; b *= 1.5 {
		out = append(out, b)
	}
	return out
}

// spent is the histogram of durations as TGI shows it.
func spent(seconds ...float64) *serving.Histogram {
	h := observed(geometric(), seconds...)
	return &h
}

func TestEstimateTTFT_OfIndependentParts_IsNearTheTruth(t *testing.T) {
	t.Parallel()
	var queue, prefill, both []float64
	for i := range 60 {
		queue = append(queue, 0.01+2*float64(i)/60)
		prefill = append(prefill, 0.05+0.4*float64(i)/60)
	}
	for _, q := range queue {
		for _, p := range prefill {
			both = append(both, q+p)
		}
	}
	got := serving.EstimateTTFT(spent(queue...), spent(prefill...))
	truth := spent(both...)
	require.InDelta(t, truth.Mean().Or(-1), got.Mean().Or(-1), 1e-9)
	require.InDelta(t, 60.0, got.Count, 0, "one for each request that waited, not for each prefill")
	for _, q := range []float64{0.1, 0.5, 0.9, 0.95, 0.99} {
		want, _, _ := truth.Quantile(q)
		value, _, ok := got.Quantile(q)
		require.True(t, ok)
		require.InEpsilon(t, want, value, 0.5, "quantile %g is no more than a bucket off", q)
	}
}

func TestEstimateTTFT_AnEmptyQueue_IsThePrefill(t *testing.T) {
	t.Parallel()
	got := serving.EstimateTTFT(spent(1e-4, 1e-4, 1e-4, 1e-4), spent(0.2, 0.2))
	p95, _, _ := got.Quantile(0.95)
	alone, _, _ := spent(0.2, 0.2).Quantile(0.95)
	require.InEpsilon(t, alone, p95, 0.01)
}

func TestEstimateTTFT_WhatLiesBeyondTheLastBound_StaysThere(t *testing.T) {
	t.Parallel()
	h := observed([]float64{1, 2}, 0.5, 9)
	got := serving.EstimateTTFT(&h, &h)
	require.InDelta(t, 0.5, got.Counts[1], 1e-9, "half the requests times half the prefills of two requests")
	_, atLeast, ok := got.Quantile(0.9)
	require.True(t, ok)
	require.True(t, atLeast)
}

func TestEstimateTTFT_WithoutBothParts_IsNone(t *testing.T) {
	t.Parallel()
	some, empty := spent(1), spent()
	for _, parts := range [][2]*serving.Histogram{
		{nil, some}, {some, nil}, {empty, some}, {some, empty},
		{{Count: 3, Sum: 1}, some}, {some, {Count: 3, Sum: 1}}, {{Bounds: []float64{1}, Count: 1}, some},
	} {
		require.Nil(t, serving.EstimateTTFT(parts[0], parts[1]))
	}
}

func TestEstimateTTFT_OfAnyParts_IsAHistogram(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfN(rapid.Float64Range(0, 300), 1, 30)
	rapid.Check(t, func(t *rapid.T) {
		got := serving.EstimateTTFT(spent(values.Draw(t, "queue")...), spent(values.Draw(t, "prefill")...))
		below := 0.0
		for _, n := range got.Counts {
			require.GreaterOrEqual(t, n, below-1e-9)
			below = n
		}
		require.LessOrEqual(t, below, got.Count+1e-9)
		require.False(t, math.IsNaN(got.Sum))
	})
}

// parts are two readings of a replica whose TTFT is estimated, with requests
// that waited queueSeconds each in between.
func parts(queueBefore, queueWithin []float64) []serving.Reading {
	var out []serving.Reading
	for i, queue := range [][]float64{queueBefore, append(append([]float64{}, queueBefore...), queueWithin...)} {
		r := serving.Reading{Endpoint: "a", Engine: serving.TGI, TakenUnix: 10 * float64(i),
			Queue: spent(queue...), Prefill: spent(append([]float64{0.1}, queue...)...),
			Derived: []serving.Derived{{Quantity: "ttft", How: serving.EstimatedTTFT}}}
		r.TTFT = serving.EstimateTTFT(r.Queue, r.Prefill)
		out = append(out, r)
	}
	return out
}

func TestWindow_EstimatedTTFT_IsThatOfTheWindowNotADifferenceOfEstimates(t *testing.T) {
	t.Parallel()
	s := serving.Window("f", serving.Stable, [][]serving.Reading{parts([]float64{9, 9, 9, 9}, []float64{0.1, 0.1}), parts(nil, []float64{0.1})})
	require.InDelta(t, 3.0, s.TTFT.Count, 0)
	require.InDelta(t, 0.2, s.TTFT.Mean().Or(-1), 1e-9, "the nine seconds were before the window")
	require.Equal(t, []serving.Derived{{Quantity: "ttft", How: serving.EstimatedTTFT}}, s.Derived)
	require.Empty(t, s.Missing)
}

func TestWindow_EstimatedTTFT_WithoutRequests_IsMissing(t *testing.T) {
	t.Parallel()
	s := serving.Window("f", serving.Stable, [][]serving.Reading{parts([]float64{1}, nil)})
	require.Nil(t, s.TTFT)
	require.Equal(t, "ttft", s.Missing[0].Quantity)
	require.Contains(t, s.Missing[0].Reason, "no observations in the window")
}

func TestWindow_KVUsage_IsWeightedByCapacityWhereAllStateOne(t *testing.T) {
	t.Parallel()
	replica := func(usage float64, capacity serving.Measure) []serving.Reading {
		return []serving.Reading{{KVUsage: serving.Known(usage), KVCapacityTokens: capacity}}
	}
	for _, c := range []struct {
		large, small serving.Measure
		want         float64
	}{
		{serving.Known(300), serving.Known(100), 0.75 * 0.8},
		{serving.Known(300), serving.Unknown(), 0.4},
		{serving.Unknown(), serving.Unknown(), 0.4},
		{serving.Known(300), serving.Known(0), 0.4},
	} {
		s := serving.Window("f", serving.Stable, [][]serving.Reading{replica(0.8, c.large), replica(0, c.small)})
		require.InDelta(t, c.want, s.KVUsage.Or(-1), 1e-12)
	}
	s := serving.Window("f", serving.Stable, [][]serving.Reading{replica(0.8, serving.Known(300)), {{KVCapacityTokens: serving.Known(900)}}})
	require.InDelta(t, 0.8, s.KVUsage.Or(-1), 1e-12, "a replica that reports no usage has no weight")
}

func TestWindow_HitsComputedFromARate_MayFallWithoutARestart(t *testing.T) {
	t.Parallel()
	reading := func(hits float64, derived ...serving.Derived) serving.Reading {
		return serving.Reading{Endpoint: "a", GenerationTokens: serving.Known(1), PrefixHitTokens: serving.Known(hits), Derived: derived}
	}
	rate := serving.Derived{Quantity: "prefix_hit_tokens", How: "rate"}
	s := serving.Window("f", serving.Stable, [][]serving.Reading{{reading(50, rate), reading(49.9, rate)}})
	require.Equal(t, serving.Known(0), s.PrefixHitTokens)
	require.Empty(t, s.Missing)
	s = serving.Window("f", serving.Stable, [][]serving.Reading{{reading(50), reading(49.9)}})
	require.Contains(t, s.Missing[0].Reason, "restarted")
}

func TestReading_JSON_SaysWhatIsReserved(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(serving.Reading{KVReservedTokens: serving.Known(7)})
	require.NoError(t, err)
	require.Contains(t, string(data), `"kv_reserved_tokens":7`)
}
