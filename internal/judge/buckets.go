package judge

import (
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// buckets are latencies of which only the counts by bucket are known.
type buckets struct {
	h serving.Histogram
	// perRequest is how many observations one request makes: the gaps between the
	// tokens of an answer are one experience and not hundreds. It is at least 1.
	perRequest float64
}

// alone is a count of observations as one of independent requests, of which
// effect tell as much as one alone.
func (b buckets) alone(n int, effect float64) int { return discounted(n, effect*b.perRequest) }

func (b buckets) count() int { return int(math.Round(b.h.Count)) }

// requests behind the observations.
func (b buckets) requests() int { return b.alone(b.count(), 1) }

// quantile interpolates within its bucket, as Prometheus does; beyond the last
// bound it is that bound.
func (b buckets) quantile(q float64) float64 {
	v, _, _ := b.h.Quantile(q)
	return v
}

// bucketOf returns the bounds between which the q-quantile lies for certain; the
// upper one is infinite beyond the last bucket.
func (b buckets) bucketOf(q float64) Interval {
	rank, lower := q*b.h.Count, 0.0
	for i, upper := range b.h.Bounds {
		if b.h.Counts[i] >= rank {
			return Interval{Low: lower, High: upper}
		}
		lower = upper
	}
	return Interval{Low: lower, High: math.Inf(1)}
}

// above counts the observations greater than the threshold: at least certain,
// at most possible. Between two bounds a histogram does not tell.
func (b buckets) above(threshold float64) (certain, possible int) {
	certain, possible = 0, b.count()
	for i, bound := range b.h.Bounds {
		beyond := int(math.Round(b.h.Count - b.h.Counts[i]))
		if bound <= threshold {
			possible = beyond
		}
		if bound >= threshold {
			return beyond, possible
		}
	}
	return certain, possible
}

// nearest is the bound whose share of observations beyond it comes closest to
// 1-q: there two arms can be compared by counting, without interpolation.
func (b buckets) nearest(q float64) (bound float64, index int) {
	best := math.Inf(1)
	for i, upper := range b.h.Bounds {
		if off := math.Abs(b.h.Counts[i]/b.h.Count - q); off < best {
			best, bound, index = off, upper, i
		}
	}
	return bound, index
}

// beyondBound counts what lies beyond the bound of the given index.
func (b buckets) beyondBound(i int) int { return int(math.Round(b.h.Count - b.h.Counts[i])) }

// resampled draws the q-quantile of resamples of the counts: as of single values
// (see Bootstrap), the share at which it lies is beta distributed, and the
// histogram tells the value at a share.
func (b buckets) resampled(q, effective float64, resamples int, seed uint64) []float64 {
	random := newRandom(seed)
	out := make([]float64, max(resamples, 1))
	for i := range out {
		out[i] = b.quantile(random.beta((effective+1)*q, (effective+1)*(1-q)))
	}
	return out
}

// ratioOfBuckets bounds the ratio of a's q-quantile to b's. The order of the
// observations is lost in a histogram, so their dependence is taken as given:
// effect observations tell as much as one alone.
func ratioOfBuckets(a, b buckets, q, effect float64, r Resampling) Interval {
	ratios := a.resampled(q, a.h.Count/a.perRequest/effect, r.Resamples, r.Seed)
	for i, v := range b.resampled(q, b.h.Count/b.perRequest/effect, r.Resamples, ^r.Seed) {
		ratios[i] = ratio(ratios[i], v)
	}
	slices.Sort(ratios)
	tail := (1 - r.Confidence) / 2
	return Interval{Low: Quantile(ratios, tail), High: Quantile(ratios, 1-tail)}
}

// moments are the mean and the variance of the observations. The mean is exact
// where the engine keeps the sum; the spread within a bucket is taken as even.
func (b buckets) moments() (mean, variance float64) {
	mean = b.h.Sum / b.h.Count
	lower, below := 0.0, 0.0
	for i := range b.h.Bounds {
		upper := b.h.Bounds[i]
		n, middle, width := b.h.Counts[i]-below, (lower+upper)/2, upper-lower
		variance += n * ((middle-mean)*(middle-mean) + width*width/12)
		lower, below = upper, b.h.Counts[i]
	}
	rest := b.h.Count - below
	variance += rest * (lower - mean) * (lower - mean)
	return mean, variance / b.h.Count
}

// sameBuckets says whether two histograms can be compared bound by bound.
func sameBuckets(a, b buckets) bool { return slices.Equal(a.h.Bounds, b.h.Bounds) }
