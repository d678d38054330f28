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

// coefficientOfVariation of a set of lengths from its histogram, whose buckets
// are wide (200 to 500 tokens). There are two ways, which both err upwards: a
// log-normal fit where real lengths stop short of its tail, and the variance of
// the buckets where lengths within one are closer together than the bucket is
// wide. So the smaller is taken. On log-normal lengths this is the fit, within
// 10%; on the Azure conversation trace of 2023 it gives 0.93 and 0.83 for prompt
// and output, where 0.96 and 0.77 are true and the fit alone says 1.28 and 1.01.
func coefficientOfVariation(h serving.Histogram, mean float64) float64 {
	fitted := fittedVariation(h, mean)
	if n := len(h.Counts); n == 0 || h.Counts[n-1] < h.Count {
		return fitted // what lies beyond the last bucket has no variance
	}
	return min(fitted, bucketVariation(h))
}

// bucketVariation takes the lengths as evenly spread within each bucket.
func bucketVariation(h serving.Histogram) float64 {
	lower, counted, sum, squares := 0.0, 0.0, 0.0, 0.0
	for i, upper := range h.Bounds {
		n := max(h.Counts[i]-counted, 0)
		sum += n * (lower + upper) / 2
		squares += n * (lower*lower + lower*upper + upper*upper) / 3
		lower, counted = upper, counted+n
	}
	mean := sum / counted
	return math.Sqrt(max(squares/counted-mean*mean, 0)) / mean
}

// fittedVariation finds the spread sigma of the logarithm that makes the counts
// of the buckets most likely. Lengths are taken as log-normal (serving.Lengths)
// with the mean that the histogram's sum gives exactly; the median is then at
// mean*exp(-sigma^2/2) and the coefficient of variation sqrt(exp(sigma^2)-1).
func fittedVariation(h serving.Histogram, mean float64) float64 {
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
