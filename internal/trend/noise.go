package trend

import "math"

// toSigma turns a median absolute deviation into the standard deviation of
// normal noise.
const toSigma = 1.4826

// outlierReach is how many standard deviations a value may lie off the running
// median (Hampel's rule), and outlierHalf how many neighbours on either side
// that median takes: outliers of up to two points in a row are cut back, and a
// level that lasts three is kept.
const (
	outlierReach = 3
	outlierHalf  = 2
)

// withoutOutliers cuts single values back towards their neighbours, so that one
// slow minute is no step.
func withoutOutliers(values []float64) []float64 {
	running, off := make([]float64, len(values)), make([]float64, len(values))
	for i := range values {
		running[i] = median(values[max(0, i-outlierHalf):min(len(values), i+outlierHalf+1)])
		off[i] = math.Abs(values[i] - running[i])
	}
	// A median deviation of 0 (most values equal) says nothing of the rest.
	neighbours, _ := differenceVariance(values, 1)
	reach := outlierReach * max(toSigma*median(off), math.Sqrt(neighbours/2))
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = min(max(v, running[i]-reach), running[i]+reach)
	}
	return out
}

// longRunVariance is the variance that means of the series inherit, estimated
// from differences, which a step touches in one place only. For a first-order
// autoregression with correlation r and variance v, the variance of the
// differences between neighbours is 2v(1-r) and that over two places 2v(1-r^2):
// their ratio gives r, and the long-run variance is v(1+r)/(1-r).
func longRunVariance(values []float64) float64 {
	one, robust := differenceVariance(values, 1)
	if !robust {
		return one / 2
	}
	two, _ := differenceVariance(values, 2)
	r := min(max(two/one-1, 0), 0.9) // beyond 0.9 the estimate is not to be trusted
	return one / (2 * (1 - r)) * (1 + r) / (1 - r)
}

// differenceVariance is the variance of differences over a distance. It is
// robust unless more than half of the differences are 0, as those of a queue
// that is mostly empty: then it is the plain one, in which steps count.
func differenceVariance(values []float64, distance int) (variance float64, robust bool) {
	if len(values) <= distance {
		return 0, false
	}
	off, squares := make([]float64, len(values)-distance), 0.0
	for i := range off {
		d := values[i+distance] - values[i]
		off[i] = math.Abs(d)
		squares += d * d / float64(len(off))
	}
	if sigma := toSigma * median(off); sigma > 0 {
		return sigma * sigma, true
	}
	return squares, false
}

// lineIsBetter compares a straight line with the steps by the Bayesian
// information criterion: a line has two parameters, k steps have k+1 levels and
// k places.
func lineIsBetter(points []Point, values []float64, cuts []int) bool {
	n := float64(len(values))
	steps := 0.0
	for _, s := range split(values, cuts) {
		steps += squaresIn(s)(0, len(s))
	}
	line := squaresAboutLine(points, values)
	// Noise of a rounding error keeps the logarithm of a perfect fit finite.
	floor := 1e-9 * squaresIn(values)(0, len(values))
	criterion := func(squares, parameters float64) float64 {
		return n*math.Log((squares+floor)/n) + parameters*math.Log(n)
	}
	return criterion(line, 2) <= criterion(steps, float64(2*len(cuts)+1))
}

// squaresAboutLine is the sum of squares about the least-squares line.
func squaresAboutLine(points []Point, values []float64) float64 {
	n, t0 := float64(len(values)), points[0].AtUnix
	meanT, meanV := 0.0, 0.0
	for i, p := range points {
		meanT += (p.AtUnix - t0) / n
		meanV += values[i] / n
	}
	tt, tv, vv := 0.0, 0.0, 0.0
	for i, p := range points {
		t, v := p.AtUnix-t0-meanT, values[i]-meanV
		tt, tv, vv = tt+t*t, tv+t*v, vv+v*v
	}
	if tt == 0 {
		return vv
	}
	return max(0, vv-tv*tv/tt)
}
