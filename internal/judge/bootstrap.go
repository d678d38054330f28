package judge

import (
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Resampling says how the interval of a ratio is drawn.
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
// resample, and the percentiles over ever more resamples are those of the beta
// distribution itself: nothing is drawn here. k = (n+1)q makes the draws centre
// on q itself; with the rank that Quantile reads, (n-1)q + 1, they lie a little
// low and cover the true p95 less often. Reading the value at position nU + 1/2
// between the ranks smooths the steps and permits a k that is not whole, and
// hence an effective n smaller than the number of values (see EffectiveCounts).
func Bootstrap(s Sample, q, confidence float64) (Interval, bool) {
	if s.Count() == 0 {
		return Interval{}, false
	}
	tail, effective := (1-confidence)/2, EffectiveCounts(q, s)[0]
	if q <= 0 || q >= 1 { // the least or the greatest value, which nothing bounds
		return Interval{Low: s.Quantile(q), High: s.Quantile(q)}, true
	}
	end := func(p float64) float64 {
		return s.atShare(mathext.InvRegIncBeta((effective+1)*q, (effective+1)*(1-q), p))
	}
	return Interval{Low: end(tail), High: end(1 - tail)}, true
}

// BootstrapRatio bounds the ratio of a's q-quantile to b's, the two being
// resampled independently. ok is false when either is empty.
func BootstrapRatio(a, b Sample, q float64, r Resampling) (Interval, bool) {
	if a.Count() == 0 || b.Count() == 0 {
		return Interval{}, false
	}
	effective := EffectiveCounts(q, a, b)
	// Another stream for the second sample: with the same one, two equal arms
	// would be resampled alike and their ratio would never vary.
	ratios := resampledQuantiles(a, q, effective[0], r.Resamples, r.Seed)
	for i, v := range resampledQuantiles(b, q, effective[1], r.Resamples, ^r.Seed) {
		ratios[i] = ratio(ratios[i], v)
	}
	slices.Sort(ratios)
	tail := (1 - r.Confidence) / 2
	return Interval{Low: Quantile(ratios, tail), High: Quantile(ratios, 1-tail)}, true
}

func ratio(a, b float64) float64 { return (a + latencyResolution) / (b + latencyResolution) }

func resampledQuantiles(s Sample, q, effective float64, resamples int, seed uint64) []float64 {
	random := newRandom(seed)
	out := make([]float64, max(resamples, 1))
	for i := range out {
		out[i] = s.atShare(random.beta((effective+1)*q, (effective+1)*(1-q)))
	}
	return out
}

// atShare reads the value below which the share u of the measurements lies.
func (s Sample) atShare(u float64) float64 { return at(s.sorted, float64(s.Count())*u-0.5) }
