package series

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// addHistograms adds two histograms of which either may be missing. An engine
// that was upgraded within the stretch may have other buckets: then both are
// brought to the bounds they share, where their counts are exact, and the sum is
// coarser rather than wrong. Without a shared bound, count and sum remain and no
// quantile can be told.
func addHistograms(a, b *serving.Histogram) *serving.Histogram {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	sum, ok := a.Add(*b)
	if !ok {
		bounds := shared(a.Bounds, b.Bounds)
		sum, _ = at(*a, bounds).Add(at(*b, bounds))
	}
	return &sum
}

// shared are the bounds that both have.
func shared(a, b []float64) []float64 {
	out := []float64{}
	for _, bound := range a {
		if slices.Contains(b, bound) {
			out = append(out, bound)
		}
	}
	return out
}

// at is the histogram at some of its own bounds.
func at(h serving.Histogram, bounds []float64) serving.Histogram {
	out := serving.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds)), Count: h.Count, Sum: h.Sum}
	for i, b := range bounds {
		out.Counts[i] = h.Counts[slices.Index(h.Bounds, b)]
	}
	return out
}
