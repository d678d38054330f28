package diagnose

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Bounds of the spread searched for: 0.01 is constant, 2.5 a coefficient of
// variation of 22, beyond any traffic.
const (
	leastSigma    = 0.01
	greatestSigma = 2.5
	sigmaSteps    = 60
)

// coefficientOfVariation of a set of lengths from its histogram. Buckets are
// too wide (200 to 500 tokens) to compute a variance from; but lengths are close
// to log-normal (serving.Lengths) and their mean is known exactly from the sum,
// so only the spread sigma of the logarithm is left to be found: the one that
// makes the counts of the buckets most likely. With the median at
// mean*exp(-sigma^2/2), the coefficient of variation is sqrt(exp(sigma^2)-1).
func coefficientOfVariation(h serving.Histogram, mean float64) float64 {
	low, high := leastSigma, greatestSigma
	// Golden-section search: the likelihood has one maximum.
	const golden = 0.6180339887498949
	for range sigmaSteps {
		a, b := high-golden*(high-low), low+golden*(high-low)
		if logLikelihood(h, mean, a) >= logLikelihood(h, mean, b) {
			high = b
		} else {
			low = a
		}
	}
	sigma := (low + high) / 2
	return math.Sqrt(math.Expm1(sigma * sigma))
}

// leastProbability keeps a bucket that the fit rules out from having the last
// word: real lengths have a limit where the log-normal has none.
const leastProbability = 1e-9

func logLikelihood(h serving.Histogram, mean, sigma float64) float64 {
	mu := math.Log(mean) - sigma*sigma/2
	sum, counted, probability := 0.0, 0.0, 0.0
	add := func(count, upTo float64) {
		if count > counted {
			sum += (count - counted) * math.Log(max(upTo-probability, leastProbability))
			counted = count
		}
		probability = upTo
	}
	for i, bound := range h.Bounds {
		upTo := 0.0
		if bound > 0 {
			upTo = 0.5 * math.Erfc(-(math.Log(bound)-mu)/(sigma*math.Sqrt2))
		}
		add(h.Counts[i], upTo)
	}
	add(h.Count, 1)
	return sum
}
