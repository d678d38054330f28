package judge

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// EvidenceBeyond is how much more likely it is to see so many bad ones of n
// requests when more than the allowed share is bad than when exactly that share
// is: the mean likelihood ratio over all shares beyond it, each as probable as the
// other (Wald's sequential test with Robbins' mixture).
//
// While at most the allowed share is bad, its expectation is at most 1 whenever
// one looks, so it ever reaches 1/alpha with a probability of at most alpha
// (Ville 1939): whoever stops at 1/alpha is wrong in at most that share of all
// stages, however often they look. Requests that fail for one common cause are not
// independent; see EarlyAbortSpanSeconds.
func EvidenceBeyond(bad, n int, allowed float64) float64 {
	// Of what is no more than allowed every greater share is less likely: none.
	if n <= 0 || bad <= 0 || float64(bad) <= allowed*float64(n) {
		return 0
	}
	if allowed <= 0 {
		return math.Inf(1)
	}
	k, good := float64(bad), float64(n-bad)
	beyond := mathext.RegIncBeta(good+1, k+1, 1-allowed)
	logRatio := mathext.Lbeta(k+1, good+1) - k*math.Log(allowed) - good*math.Log1p(-allowed)
	return math.Exp(logRatio) * beyond / (1 - allowed)
}

// early reports a handful of bad requests that are more than the allowed share,
// before there are HardAbortSamples of them: at least EarlyAbortSamples, the first
// and the last of them spanSeconds apart.
func early(bad, n int, spanSeconds, allowed float64, cfg Config) bool {
	return bad >= cfg.EarlyAbortSamples && spanSeconds >= cfg.EarlyAbortSpanSeconds &&
		EvidenceBeyond(bad, n, allowed) >= (1-roundingSlack)/cfg.HardAbortAlpha
}
