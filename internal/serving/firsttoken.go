package serving

import "math"

// EstimatedTTFT says how EstimateTTFT computes, for Derived.
const EstimatedTTFT = "an estimate, rather low: queue and prefill added as if independent; validation, further prefills of a split prompt and the way to the client are not in it"

// EstimateTTFT is the distribution of the time to the first token of an engine
// that reports only its parts: a request waits in the queue and is prefilled. It
// is the convolution of both, as if they were independent. They are not quite:
// when the queue is long, batches are large and so are their prefills, and a
// prefill that is observed once for a batch counts a long one for too few
// requests. Both make the estimate too low in the tail. nil when either part is
// missing or has no observations.
func EstimateTTFT(queue, prefill *Histogram) *Histogram {
	if queue == nil || prefill == nil {
		return nil
	}
	sum, ok := queue.plusIndependent(*prefill)
	if !ok {
		return nil
	}
	return &sum
}

// pointsPerBucket is into how many equal parts the observations of a bucket are
// spread; more changes quantiles by less than the buckets do.
const pointsPerBucket = 4

// plusIndependent is the distribution of the sum of one value of each, with the
// observations and bounds of h. Within a bucket values are taken as evenly
// spread, as Quantile does. What lies beyond the last bound of either stays
// beyond.
func (h Histogram) plusIndependent(o Histogram) (Histogram, bool) {
	mean, known := o.Mean().Get()
	if !known || h.Count <= 0 || !h.sameBounds(h) || !o.sameBounds(o) || len(h.Bounds) == 0 || len(o.Bounds) == 0 {
		return Histogram{}, false
	}
	sum := Histogram{Bounds: h.Bounds, Counts: make([]float64, len(h.Bounds)), Count: h.Count, Sum: h.Sum + h.Count*mean}
	lower, below := min(0, h.Bounds[0]), 0.0
	for i, upper := range h.Bounds {
		n := math.Max(h.Counts[i], below) // as in Quantile, a count that falls is flat
		for k := range pointsPerBucket {
			at := lower + (upper-lower)*(float64(k)+0.5)/pointsPerBucket
			for j, bound := range h.Bounds {
				sum.Counts[j] += (n - below) / pointsPerBucket * o.shareUpTo(bound-at)
			}
		}
		lower, below = upper, n
	}
	return sum, true
}

// shareUpTo is the part of the observations that are at most v.
func (h Histogram) shareUpTo(v float64) float64 {
	lower, below := min(0, h.Bounds[0]), 0.0
	for i, upper := range h.Bounds {
		n := math.Max(h.Counts[i], below)
		if v < upper {
			return (below + (n-below)*max(0, v-lower)/(upper-lower)) / h.Count
		}
		lower, below = upper, n
	}
	return below / h.Count
}
