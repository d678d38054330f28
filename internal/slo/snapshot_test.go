package slo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// histogram of buckets up to the bounds with a count of observations in each,
// the last count being beyond the last bound.
func histogram(bounds []float64, in ...float64) *serving.Histogram {
	h := &serving.Histogram{Bounds: bounds}
	for i, n := range in {
		h.Count += n
		if i < len(bounds) {
			h.Counts = append(h.Counts, h.Count)
			h.Sum += n * bounds[i]
		}
	}
	return h
}

func snapshotStatus(o serving.Objective, s serving.Snapshot) slo.Status {
	s.Fleet, s.Variant = "chat", serving.Stable
	return slo.FromSnapshot([]serving.Objective{o}, s, 20)[0]
}

func TestFromSnapshot_Latency(t *testing.T) {
	t.Parallel()
	bounds := []float64{0.5, 1, 2, 4}
	for _, c := range []struct {
		name                   string
		h                      *serving.Histogram
		breached, hard, noData bool
	}{
		{"not measured", nil, false, false, true},
		{"no requests", histogram(bounds, 0, 0, 0, 0, 0), false, false, true},
		{"too few", histogram(bounds, 5, 0, 5, 0, 0), false, false, true},
		{"kept", histogram(bounds, 95, 5, 0, 0, 0), false, false, false},
		{"within chance", histogram(bounds, 45, 0, 5, 0, 0), false, false, false},
		{"beyond", histogram(bounds, 80, 0, 20, 0, 0), true, false, false},
		{"twice beyond", histogram(bounds, 50, 0, 0, 50, 0), true, true, false},
		{"beyond the last bucket", histogram(bounds, 50, 0, 0, 0, 50), true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := snapshotStatus(ttft, serving.Snapshot{TTFT: c.h})
			require.Equal(t, c.breached, s.Breached)
			require.Equal(t, c.hard, s.Hard)
			require.Equal(t, c.noData, s.NoData)
			require.False(t, s.BeganUnix.IsKnown())
		})
	}
}

// 8 of 50 requests are beyond the last bucket of 0.5 s: whether they are beyond
// an objective of 1 s cannot be told, so it is neither kept nor broken.
func TestFromSnapshot_ThresholdBeyondTheBuckets_IsNoData(t *testing.T) {
	t.Parallel()
	bounds := []float64{0.1, 0.5}
	require.True(t, snapshotStatus(ttft, serving.Snapshot{TTFT: histogram(bounds, 40, 2, 8)}).NoData)
	kept := snapshotStatus(ttft, serving.Snapshot{TTFT: histogram(bounds, 48, 1, 1)})
	require.False(t, kept.NoData, "one hidden request cannot break a p95")
	require.False(t, kept.Breached)
}

func TestFromSnapshot_InterpolatesWithinTheBucketOfTheThreshold(t *testing.T) {
	t.Parallel()
	o := ttft
	o.Threshold = 1.5 // in the middle of (1, 2]: half of its 20 are beyond
	require.True(t, snapshotStatus(o, serving.Snapshot{TTFT: histogram([]float64{1, 2}, 80, 20)}).Breached)
	o.Threshold = 1.95
	require.False(t, snapshotStatus(o, serving.Snapshot{TTFT: histogram([]float64{1, 2}, 80, 20)}).Breached)
}

func TestFromSnapshot_GapsFallBackOnTheMeanByRequest(t *testing.T) {
	t.Parallel()
	h := histogram([]float64{0.05, 0.1}, 50, 50)
	require.True(t, snapshotStatus(itl, serving.Snapshot{TPOT: h}).Breached)
	require.False(t, snapshotStatus(itl, serving.Snapshot{TPOT: h, ITL: histogram([]float64{0.05}, 100)}).Breached)
}

func TestFromSnapshot_Errors(t *testing.T) {
	t.Parallel()
	finished := func(stop, failed float64) map[string]float64 {
		return map[string]float64{"stop": stop, "error": failed}
	}
	for _, c := range []struct {
		name                   string
		s                      serving.Snapshot
		observed               serving.Measure
		breached, hard, noData bool
	}{
		{"not counted", serving.Snapshot{}, serving.Unknown(), false, false, true},
		{"errors counted, requests not", serving.Snapshot{Errors: serving.Known(3)}, serving.Unknown(), false, false, true},
		{"requests counted, errors not", serving.Snapshot{FinishedByReason: map[string]float64{"stop": 50}}, serving.Unknown(), false, false, true},
		{"none", serving.Snapshot{FinishedByReason: finished(100, 0)}, serving.Known(0), false, false, false},
		{"by reason", serving.Snapshot{FinishedByReason: finished(95, 5)}, serving.Known(0.05), true, false, false},
		{"refused before they ran", serving.Snapshot{FinishedByReason: finished(80, 5), Errors: serving.Known(20)}, serving.Known(0.2), true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := snapshotStatus(errors, c.s)
			require.Equal(t, c.observed, s.Observed)
			require.Equal(t, c.breached, s.Breached)
			require.Equal(t, c.hard, s.Hard)
			require.Equal(t, c.noData, s.NoData)
		})
	}
}

func TestFromSnapshot_NamesFleetAndVariant(t *testing.T) {
	t.Parallel()
	s := snapshotStatus(ttft, serving.Snapshot{TTFT: histogram([]float64{1, 2}, 50, 50)})
	require.Equal(t, "chat|stable|ttft-p95", slo.Violations([]slo.Status{s}, 9, "watch")[0].ID)
}
