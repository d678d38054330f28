package trend

import (
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Kendall is the outcome of the Mann-Kendall test: does a series go one way?
type Kendall struct {
	S   float64 // pairs that rise minus pairs that fall
	Tau float64 // S over the number of pairs, -1..1
	// Variance of S if there were no trend, with the correction for ties;
	// Inflation is by how much dependence between neighbours raises it.
	Variance  float64
	Inflation float64
	// P is two-sided and takes the dependence into account; PIndependent does not.
	P            float64
	PIndependent float64
}

// MannKendall tests values in the order of time. Neighbours of a latency series
// resemble each other, which makes S vary more than the test assumes: of
// independent points 5% seem to have a trend at p 0.05, of points with a
// correlation of 0.5 some 30%. The variance is therefore raised as by Hamed and
// Rao (1998), by the correlation of the ranks that is left when the Theil-Sen
// slope is taken out.
//
// Why that and not pre-whitening: taking x(i)-r*x(i-1) removes a part of the
// trend itself, and assumes equal distances and one lag. Two liberties against
// the paper, both careful: lags are summed only up to the first that is not
// significantly positive, since sums over all lags are mostly noise, and the
// factor is never below 1, so that a correction never makes a trend more
// significant. The correlation is between successive points, whatever time lies
// between them; across gaps it is weaker and the answer more careful than it
// need be.
func MannKendall(values []float64, detrended []float64) Kendall {
	n := float64(len(values))
	k := Kendall{Variance: tieCorrectedVariance(values), Inflation: inflation(detrended), P: 1, PIndependent: 1}
	for i, a := range values {
		for _, b := range values[i+1:] {
			k.S += sign(b - a)
		}
	}
	if n > 1 {
		k.Tau = k.S / (n * (n - 1) / 2)
	}
	if k.Variance <= 0 {
		return k
	}
	k.PIndependent = twoSided(k.S, k.Variance)
	k.P = twoSided(k.S, k.Variance*k.Inflation)
	return k
}

// twoSided is the probability of an S at least that far from 0, with the
// correction for continuity.
func twoSided(s, variance float64) float64 {
	return min(1, 2*judge.NormalCDF(-max(0, math.Abs(s)-1)/math.Sqrt(variance)))
}

// tieCorrectedVariance is n(n-1)(2n+5)/18 less what each group of t equal values
// cannot contribute (Kendall 1975).
func tieCorrectedVariance(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	weight := func(n float64) float64 { return n * (n - 1) * (2*n + 5) / 18 }
	variance := weight(float64(len(values)))
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		variance -= weight(float64(j - i))
		i = j
	}
	return variance
}

// inflation is n/n* of Hamed and Rao for a series without its trend.
func inflation(detrended []float64) float64 {
	n := len(detrended)
	if n < 4 {
		return 1
	}
	ranked, sum := judge.Ranks(detrended), 0.0
	// One-sided at 5%: correlations beyond this are more than chance.
	significant := 1.645 / math.Sqrt(float64(n))
	for lag := 1; lag <= n/4; lag++ {
		r := judge.Autocorrelation(ranked, lag)
		if r <= significant {
			break
		}
		left := float64(n - lag)
		sum += left * (left - 1) * (left - 2) * r
	}
	whole := float64(n)
	return 1 + 2/(whole*(whole-1)*(whole-2))*sum
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
