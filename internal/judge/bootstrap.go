package judge

import "slices"

// Resampling says how a bootstrap interval is drawn.
type Resampling struct {
	Confidence float64 // two-sided, for example 0.95
	Resamples  int
	Seed       uint64
}

// Interval bounds a quantity.
type Interval struct {
	Low  float64
	High float64
}

// latencyResolution is added to both sides of a ratio of latencies, in seconds.
// It is below what a proxy can time, and keeps a ratio of zeros at 1.
const latencyResolution = 1e-6

// Bootstrap bounds the q-quantile by the percentile method. ok is false when
// there is nothing to resample.
//
// Resampling n values and sorting them would cost n log n a resample. It is not
// needed: the k-th of n values drawn with replacement is the value at rank
// ceil(nU) of the sample, U being the k-th of n uniforms, which is
// Beta(k, n+1-k) distributed. So one beta draw gives the quantile of one
// resample. k = (n+1)q makes the draws centre on q itself; with the rank that
// Quantile reads, (n-1)q + 1, they lie a little low and cover the true p95 less
// often. Reading the value at position nU + 1/2 between the
// ranks smooths the steps and permits a k that is not whole, and hence an
// effective n smaller than the number of values (see effectiveCount).
func Bootstrap(s Sample, q float64, r Resampling) (Interval, bool) {
	if s.Count() == 0 {
		return Interval{}, false
	}
	return r.percentiles(resampledQuantiles(s, q, r, r.Seed)), true
}

// BootstrapRatio bounds the ratio of a's q-quantile to b's, the two being
// resampled independently. ok is false when either is empty.
func BootstrapRatio(a, b Sample, q float64, r Resampling) (Interval, bool) {
	if a.Count() == 0 || b.Count() == 0 {
		return Interval{}, false
	}
	// Another stream for the second sample: with the same one, two equal arms
	// would be resampled alike and their ratio would never vary.
	ratios := resampledQuantiles(a, q, r, r.Seed)
	for i, v := range resampledQuantiles(b, q, r, ^r.Seed) {
		ratios[i] = ratio(ratios[i], v)
	}
	return r.percentiles(ratios), true
}

func ratio(a, b float64) float64 { return (a + latencyResolution) / (b + latencyResolution) }

func resampledQuantiles(s Sample, q float64, r Resampling, seed uint64) []float64 {
	random := newRandom(seed)
	n, effective := float64(s.Count()), effectiveCount(s, q)
	out := make([]float64, max(r.Resamples, 1))
	for i := range out {
		u := random.beta((effective+1)*q, (effective+1)*(1-q))
		out[i] = at(s.sorted, n*u-0.5)
	}
	return out
}

func (r Resampling) percentiles(values []float64) Interval {
	slices.Sort(values)
	tail := (1 - r.Confidence) / 2
	return Interval{Low: Quantile(values, tail), High: Quantile(values, 1-tail)}
}
