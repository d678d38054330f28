package serving

import (
	"math"
	"slices"
)

// Histogram is a cumulative Prometheus histogram: Counts[i] observations were
// at most Bounds[i]. The last bound is +Inf in spirit and is not stored; Count
// is its count.
type Histogram struct {
	Bounds []float64 `json:"bounds"`
	Counts []float64 `json:"counts"`
	Count  float64   `json:"count"`
	Sum    float64   `json:"sum"`
}

// Sub returns the observations made after earlier. ok is false when the two
// cannot be subtracted: other bounds, or a count that fell (the engine was
// restarted), in which case the window must be discarded.
func (h Histogram) Sub(earlier Histogram) (delta Histogram, ok bool) {
	if !h.sameBounds(earlier) || h.Count < earlier.Count {
		return Histogram{}, false
	}
	delta = Histogram{Bounds: h.Bounds, Counts: make([]float64, len(h.Counts)),
		Count: h.Count - earlier.Count, Sum: h.Sum - earlier.Sum}
	for i := range h.Counts {
		if h.Counts[i] < earlier.Counts[i] {
			return Histogram{}, false
		}
		delta.Counts[i] = h.Counts[i] - earlier.Counts[i]
	}
	return delta, true
}

// Add merges the observations of two replicas. ok is false when their bounds
// differ.
func (h Histogram) Add(o Histogram) (sum Histogram, ok bool) {
	if !h.sameBounds(o) {
		return Histogram{}, false
	}
	sum = Histogram{Bounds: h.Bounds, Counts: make([]float64, len(h.Counts)),
		Count: h.Count + o.Count, Sum: h.Sum + o.Sum}
	for i := range h.Counts {
		sum.Counts[i] = h.Counts[i] + o.Counts[i]
	}
	return sum, true
}

// sameBounds is false also for a histogram that lacks counts, as one from outside
// may.
func (h Histogram) sameBounds(o Histogram) bool {
	return slices.Equal(h.Bounds, o.Bounds) && len(h.Counts) == len(h.Bounds) && len(o.Counts) == len(o.Bounds)
}

// Mean of the observations, unknown when there are none.
func (h Histogram) Mean() Measure {
	if h.Count == 0 {
		return Unknown()
	}
	return Known(h.Sum / h.Count)
}

// Quantile estimates the q-quantile by linear interpolation within its bucket,
// as Prometheus does. When it lies beyond the last bound, that bound is
// returned with atLeast set: the true value is not known, only that it is at
// least as great. ok is false when there are no observations, no bounds, or q is
// not within 0..1.
func (h Histogram) Quantile(q float64) (value float64, atLeast, ok bool) {
	if !(h.Count > 0) || len(h.Bounds) == 0 || len(h.Counts) != len(h.Bounds) || !(q >= 0 && q <= 1) {
		return 0, false, false
	}
	// Observations are taken to be positive unless a bound says otherwise.
	rank, lower, below := q*h.Count, min(0, h.Bounds[0]), 0.0
	for i, upper := range h.Bounds {
		// A scrape that was not atomic can leave counts that fall; treat them as flat.
		n := math.Max(h.Counts[i], below)
		if n >= rank && n > below {
			return lower + (upper-lower)*(rank-below)/(n-below), false, true
		}
		lower, below = upper, n
	}
	return h.Bounds[len(h.Bounds)-1], true, true
}

// QuantileMeasure is the q-quantile as a Measure: a lower bound when it lies
// beyond the last bucket.
func (h *Histogram) QuantileMeasure(q float64) Measure {
	if h == nil {
		return Unknown()
	}
	v, _, ok := h.Quantile(q)
	if !ok {
		return Unknown()
	}
	return Known(v)
}
