package judge

import "math"

// The sizes below are of independent requests; those that depend on each other
// are needed DesignEffect times as often. They plan a canary: at a rate of r
// requests/s and a share w of the traffic, n requests an arm take n/(r w) s.

// SamplesForTail is how many requests an arm are needed to show, with the given
// power and at the two-sided confidence, that a q-quantile which is truly ratio
// times the other is beyond limit times it, or within it for a ratio below the
// limit. sigma is the spread of the logarithm of the latency: 0.5 is usual for
// TTFT, 1 is wide. The asymptotic variance of a quantile is q(1-q)/(n f^2), f
// being the log-normal density there (Mosteller 1946). It is 0 when the ratio is
// at the limit: no number is enough.
func SamplesForTail(sigma, ratio, limit, q, confidence, power float64) int {
	distance := math.Abs(math.Log(ratio / limit))
	if distance == 0 || sigma <= 0 {
		return 0
	}
	density := normalDensity(NormalQuantile(q)) / sigma
	reach := NormalQuantile(1-(1-confidence)/2) + NormalQuantile(power)
	return int(math.Ceil(2 * q * (1 - q) / (density * density) * math.Pow(reach/distance, 2)))
}

// SamplesForErrors is how many requests an arm are needed to show, with the given
// power and at the one-sided significance alpha, a rise of the failure rate from
// rate to rate+rise by TwoProportion: the usual size for two proportions with the
// correction that an exact test needs (Fleiss, Levin and Paik 2003, 4.14). It is
// 0 without a rise.
func SamplesForErrors(rate, rise, alpha, power float64) int {
	if rise <= 0 {
		return 0
	}
	raised := rate + rise
	mean := (rate + raised) / 2
	zAlpha, zPower := NormalQuantile(1-alpha), NormalQuantile(power)
	root := zAlpha*math.Sqrt(2*mean*(1-mean)) + zPower*math.Sqrt(rate*(1-rate)+raised*(1-raised))
	n := root * root / (rise * rise)
	corrected := n / 4 * math.Pow(1+math.Sqrt(1+4/(n*rise)), 2)
	return int(math.Ceil(corrected))
}

// SamplesForLocation is how many requests an arm are needed for Mann-Whitney to
// show, with the given power at the two-sided significance alpha, that a request
// of one arm is slower than one of the other in the share cles of pairs (Noether
// 1987). It is 0 for one half: there is nothing to show.
func SamplesForLocation(cles, alpha, power float64) int {
	if cles == 0.5 {
		return 0
	}
	reach := NormalQuantile(1-alpha/2) + NormalQuantile(power)
	return int(math.Ceil(reach * reach / (6 * (cles - 0.5) * (cles - 0.5))))
}

// SamplesForReplicates is how many replicates a side are needed for
// CompareReplicates to show, with the given power at the two-sided confidence, a
// true ratio of the means when replicates vary by cv. It is 0 for a ratio of 1.
func SamplesForReplicates(cv, ratio, confidence, power float64) int {
	distance := math.Abs(math.Log(ratio))
	if distance == 0 || cv <= 0 {
		return 0
	}
	// The spread of the logarithm of a log-normal quantity of that variation.
	sigma := math.Sqrt(math.Log1p(cv * cv))
	const most = 10_000
	n := 2
	for ; n < most; n++ {
		degrees := float64(2 * (n - 1))
		reach := StudentQuantile(1-(1-confidence)/2, degrees) + StudentQuantile(power, degrees)
		if reach*sigma*math.Sqrt(2/float64(n)) <= distance {
			break
		}
	}
	return n
}

// toSettle is about how many samples an arm it would take to tell on which side
// of the limit a ratio lies, if the estimate stays what it is: an interval
// narrows with the root of the number. It is 0 when that cannot be told.
func toSettle(n int, estimate float64, bounds Interval, limit float64) int {
	distance, reach := math.Log(limit/estimate), math.Log(bounds.High/estimate)
	if distance < 0 {
		distance, reach = -distance, math.Log(estimate/bounds.Low)
	}
	needed := float64(n) * math.Pow(reach/distance, 2)
	// Beyond this the estimate is so near the limit that nobody would wait.
	const most = 1e6
	if !(needed > float64(n)) || needed > most {
		return 0
	}
	return int(math.Ceil(needed))
}

func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
