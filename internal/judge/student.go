package judge

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// StudentQuantile is the p-quantile of Student's t distribution, by its relation
// to the incomplete beta function (Abramowitz and Stegun 26.7.1). It is NaN
// without a degree of freedom.
func StudentQuantile(p, degrees float64) float64 {
	switch {
	case !(degrees > 0):
		return math.NaN()
	case p == 0.5:
		return 0
	case p >= 1:
		return math.Inf(1)
	case p < 0.5:
		return -StudentQuantile(1-p, degrees)
	}
	x := mathext.InvRegIncBeta(degrees/2, 0.5, 2*(1-p))
	return math.Sqrt(degrees * (1 - x) / x)
}

// studentTwoSided is the probability of a t at least that far from 0.
func studentTwoSided(t, degrees float64) float64 {
	return clampProbability(mathext.RegIncBeta(degrees/2, 0.5, degrees/(degrees+t*t)))
}
