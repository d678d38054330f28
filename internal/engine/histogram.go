package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Bucket is one bucket of a histogram as it is exposed: how many observations
// were at most Bound, which may be +Inf.
type Bucket struct{ Bound, Count float64 }

// AssembleHistogram makes a histogram of its parts. Buckets may come in any
// order; of a bound that occurs twice the last counts. It is nil when the parts
// do not give a total (neither a count nor the +Inf bucket) or no sum: then nobody
// can say how many observations lie beyond the last bucket. A number that is none
// makes it nil as well, since a NaN would spread to every mean and cannot be
// written as JSON. Without buckets it is a summary's mean.
func AssembleHistogram(buckets []Bucket, count, sum serving.Measure) *serving.Histogram {
	h := &serving.Histogram{}
	ordered := slices.Clone(buckets)
	slices.SortStableFunc(ordered, func(a, b Bucket) int { return cmp.Compare(a.Bound, b.Bound) })
	for _, b := range ordered {
		if last := len(h.Bounds) - 1; last >= 0 && h.Bounds[last] == b.Bound {
			h.Counts[last] = b.Count
			continue
		}
		h.Bounds, h.Counts = append(h.Bounds, b.Bound), append(h.Counts, b.Count)
	}
	if n := len(h.Bounds); n > 0 && math.IsInf(h.Bounds[n-1], 1) {
		if !count.IsKnown() {
			count = serving.Known(h.Counts[n-1])
		}
		h.Bounds, h.Counts = h.Bounds[:n-1], h.Counts[:n-1]
	}
	if !count.IsKnown() || !sum.IsKnown() {
		return nil
	}
	h.Count, h.Sum = count.Or(0), sum.Or(0)
	for _, v := range slices.Concat(h.Bounds, h.Counts) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return h
}
