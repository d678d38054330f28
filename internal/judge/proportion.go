package judge

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// TwoProportion is Fisher's exact test that the first arm's failure rate is not
// higher than the second's: the probability of at least that many of the
// failures falling on the first arm if both had the same rate. It is exact for
// the small counts that errors of a healthy engine are, where a normal
// approximation is not. Without requests on either arm it returns 1.
func TwoProportion(failed, requests, refFailed, refRequests int) float64 {
	if requests <= 0 || refRequests <= 0 {
		return 1
	}
	failures, all := failed+refFailed, requests+refRequests
	p := 0.0
	for k := failed; k <= min(failures, requests); k++ {
		if failures-k > refRequests {
			continue
		}
		p += math.Exp(logChoose(requests, k) + logChoose(refRequests, failures-k) - logChoose(all, failures))
	}
	return clampProbability(p)
}

// Wilson is the score interval of a proportion, which stays within 0..1 and is
// sound for few or no failures. ok is false without trials.
func Wilson(successes, trials int, confidence float64) (Interval, bool) {
	if trials <= 0 {
		return Interval{}, false
	}
	n, z := float64(trials), NormalQuantile(1-(1-confidence)/2)
	p := float64(successes) / n
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Interval{Low: max(0, centre-half), High: min(1, centre+half)}, true
}

// ClopperPearson is the exact interval of a proportion: it holds at least as often
// as it says, which Wilson does only on the average (Clopper and Pearson 1934; of
// 50 requests of which 2% fail Wilson is wrong in 7.6% of cases instead of 5%). ok is false
// without trials.
func ClopperPearson(successes, trials int, confidence float64) (Interval, bool) {
	if trials <= 0 {
		return Interval{}, false
	}
	k, n, tail := float64(successes), float64(trials), (1-confidence)/2
	i := Interval{Low: 0, High: 1}
	if successes > 0 {
		i.Low = mathext.InvRegIncBeta(k, n-k+1, tail)
	}
	if successes < trials {
		i.High = mathext.InvRegIncBeta(k+1, n-k, 1-tail)
	}
	return i, true
}

// Newcombe bounds the difference of two proportions, the first less the second,
// from the Wilson interval of each (Newcombe 1998, method 10). ok is false
// without trials on either side.
func Newcombe(failed, requests, refFailed, refRequests int, confidence float64) (Interval, bool) {
	first, okFirst := Wilson(failed, requests, confidence)
	second, okSecond := Wilson(refFailed, refRequests, confidence)
	if !okFirst || !okSecond {
		return Interval{}, false
	}
	p, ref := float64(failed)/float64(requests), float64(refFailed)/float64(refRequests)
	return Interval{
		Low:  p - ref - math.Hypot(p-first.Low, second.High-ref),
		High: p - ref + math.Hypot(first.High-p, ref-second.Low),
	}, true
}

// BinomialTail is the probability of at least k successes in n trials of
// probability p.
func BinomialTail(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	sum := 0.0
	for i := k; i <= n; i++ {
		term := math.Exp(logChoose(n, i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
		sum += term
		// Beyond the mode the terms fall for good.
		if float64(i) > float64(n+1)*p && term < 1e-15*sum {
			break
		}
	}
	return clampProbability(sum)
}

// roundingSlack absorbs the rounding of a probability that is exactly at its
// limit: one miss of one request has a probability of 1-0.95, not 0.05.
const roundingSlack = 1e-9

// ShareExceeds reports whether bad of n requests show, at significance alpha,
// that more than the allowed share is bad. For a latency objective at quantile
// q that share is 1-q, and the statement is that the q-quantile is beyond the
// threshold.
func ShareExceeds(bad, n int, allowed, alpha float64) bool {
	return bad > 0 && float64(bad) > allowed*float64(n) && BinomialTail(bad, n, allowed) <= alpha+roundingSlack
}

func logChoose(n, k int) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

// clampProbability guards against sums of rounded terms beyond 1.
func clampProbability(p float64) float64 { return min(max(p, 0), 1) }

// NormalCDF is the standard normal distribution function.
func NormalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// NormalQuantile is its inverse.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
