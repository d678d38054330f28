package judge

import (
	"math"
	"slices"
)

// maxDesignEffect bounds how far dependence may shrink a sample: beyond it the
// estimate itself is not to be trusted.
const maxDesignEffect = 50

// maxLag bounds the work; correlation that lasts longer than this many requests
// shows in a window as drift.
const maxLag = 200

// DesignEffect is by how much the dependence between neighbours raises the
// variance of a mean or a rank sum over that of independent values: requests
// that share a burst or a queue are slow together, and to count them as
// independent makes a healthy canary look proven bad. Stretches are in the order
// of time and share one dependence. It is at least 1.
//
// It is the greater of two estimates on ranks, as each is too low where the
// other is right: the sum of the correlations, for a slow state under the noise
// of single requests, and that of a first-order autoregression, for few values.
func DesignEffect(stretches ...[]float64) float64 {
	var ranked [][]float64
	for _, values := range stretches {
		if len(values) >= 4 {
			ranked = append(ranked, Ranks(values))
		}
	}
	return rankedEffect(ranked, 1)
}

// rankedEffect is DesignEffect on ranks, of which so many parameters were fitted
// to each stretch: its mean, and its part of a shared drift.
func rankedEffect(ranked [][]float64, fitted float64) float64 {
	return max(summedEffect(correlations(ranked), fitted), autoregressiveEffect(ranked))
}

// SharedWindowEffect is DesignEffect for arms over the same window, without the
// drift that they share.
func SharedWindowEffect(samples ...Sample) float64 {
	var ranked [][]float64
	for _, s := range samples {
		if s.Count() >= 4 {
			ranked = append(ranked, Ranks(s.inTime))
		}
	}
	return rankedEffect(withoutSharedDrift(ranked), withDrift(len(ranked)))
}

// withDrift is the number of parameters fitted to each of the stretches whose
// shared drift was taken out.
func withDrift(stretches int) float64 { return 1 + 1/float64(max(stretches, 1)) }

// correlogram is the pooled correlation at the lags 1, 2, ... before the first
// pair of lags whose sum is not positive (Geyer's initial positive sequence,
// 1992), of n values a stretch.
type correlogram struct {
	positive []float64
	n        float64
}

func correlations(stretches [][]float64) correlogram {
	total, shortest := 0, math.MaxInt
	for _, values := range stretches {
		total, shortest = total+len(values), min(shortest, len(values))
	}
	if total == 0 {
		return correlogram{}
	}
	c := correlogram{n: float64(total) / float64(len(stretches))}
	at := func(lag int) float64 {
		r := 0.0
		for _, values := range stretches {
			r += float64(len(values)) / float64(total) * Autocorrelation(values, lag)
		}
		return r
	}
	for lag := 1; lag < min(shortest/4, maxLag); lag += 2 {
		r, next := at(lag), at(lag+1)
		if r+next <= 0 {
			break
		}
		c.positive = append(c.positive, r, next)
	}
	return c
}

// summedEffect is D = 1 + 2 sum r. Each r is too low by D/n for each parameter
// that was fitted, as the mean that it is taken about follows the values
// (Anderson 1971, 8.2); solved for D.
func summedEffect(c correlogram, fitted float64) float64 {
	sum := 0.0
	for _, r := range c.positive {
		sum += r
	}
	if sum == 0 {
		return 1
	}
	left := 1 - 2*fitted*float64(len(c.positive))/c.n
	if left <= 0 {
		return maxDesignEffect
	}
	return limited((1 + 2*sum) / left)
}

// autoregressiveEffect is (1+r)/(1-r), r raised by what its estimate from n
// values is known to be too low by, (1+3r)/n (Kendall 1954).
func autoregressiveEffect(ranked [][]float64) float64 {
	sum, weight := 0.0, 0.0
	for _, values := range ranked {
		if slices.Min(values) == slices.Max(values) {
			continue // a constant stretch says nothing of dependence
		}
		n, r := float64(len(values)), Autocorrelation(values, 1)
		sum, weight = sum+n*(r+(1+3*r)/n), weight+n
	}
	if weight == 0 {
		return 1
	}
	r := min(max(sum/weight, 0), 0.99)
	return limited((1 + r) / (1 - r))
}

func limited(effect float64) float64 { return min(max(effect, 1), maxDesignEffect) }

// EffectiveCounts are the numbers of independent measurements that would tell as
// much about the q-quantile of each sample as these do, the samples sharing one
// dependence.
func EffectiveCounts(q float64, samples ...Sample) []float64 {
	effect := tailEffect(q, samples)
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = float64(s.Count()) / effect
	}
	return out
}

// tailEffect is the design effect of counting the values beyond the q-quantile.
// Of few values beyond it little can be told, so their dependence is also
// derived from that of all values, as if these were normal after a change of
// scale (see beyondTogether); the greater of the two counts.
func tailEffect(q float64, samples []Sample) float64 {
	var ranked, beyond [][]float64
	for _, s := range samples {
		if s.Count() < 4 {
			continue
		}
		ranked, beyond = append(ranked, Ranks(s.inTime)), append(beyond, s.beyond(s.Quantile(q)))
	}
	c, fitted := correlations(withoutSharedDrift(ranked)), withDrift(len(ranked))
	tooLow, sum := fitted*summedEffect(c, fitted)/max(c.n, 1), 0.0
	for _, r := range c.positive {
		sum += beyondTogether(min(r+tooLow, 0.99), q)
	}
	return max(limited(1+2*sum), summedEffect(correlations(beyond), 1))
}

// beyond marks the measurements beyond the threshold with 1, in time.
func (s Sample) beyond(threshold float64) []float64 {
	out := make([]float64, len(s.inTime))
	for i, v := range s.inTime {
		if v > threshold {
			out[i] = 1
		}
	}
	return out
}

// beyondTogether is the correlation between "this value is beyond the
// q-quantile" and "that one is" for two normal variables whose ranks are
// correlated by r. Their own correlation rho is 2 sin(pi r/6) (Pearson 1907), and
// the chance that both are beyond z is (1-q)^2 plus the integral of
// exp(-z^2/(1+t)) / (2 pi sqrt(1-t^2)) from 0 to rho (Sheppard 1899).
func beyondTogether(r, q float64) float64 {
	const steps = 20 // of the midpoint rule; the integrand is smooth
	z, width := NormalQuantile(q), 2*math.Sin(math.Pi*r/6)/steps
	sum := 0.0
	for i := range steps {
		t := (float64(i) + 0.5) * width
		sum += width * math.Exp(-z*z/(1+t)) / (2 * math.Pi * math.Sqrt(1-t*t))
	}
	return sum / (q * (1 - q))
}
