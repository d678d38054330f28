package judge

import "math"

// MannWhitneyResult compares the location of two samples.
type MannWhitneyResult struct {
	U float64 // pairs in which the first is greater, ties counting half
	// P is two-sided, within 0..1.
	P float64
	// CLES is the chance that a value of the first sample is greater than one of
	// the second (ties count half): 0.5 is no difference.
	CLES float64
	// Variance of U if the samples were from one source, corrected for ties.
	Variance float64
	// Shifted is false when all values are equal, so that nothing can be said.
	Shifted bool

	distance float64 // of U from its mean, less the correction for continuity
	values   float64 // of both samples
}

// MannWhitney is the rank-sum test with the normal approximation, corrected for
// ties and continuity (formulas as in field.md 4.9). ok is false when either
// sample is empty. It is blind to a difference in spread alone; tails are judged
// by BootstrapRatio.
func MannWhitney(a, b Sample) (MannWhitneyResult, bool) {
	m, n := float64(a.Count()), float64(b.Count())
	if m == 0 || n == 0 {
		return MannWhitneyResult{}, false
	}
	rankSum, ties := rankSumOfFirst(a.sorted, b.sorted)
	u := rankSum - m*(m+1)/2
	result := MannWhitneyResult{U: u, P: 1, CLES: u / (m * n)}
	variance := m * n / 12 * ((m + n + 1) - ties/((m+n)*(m+n-1)))
	// Constant samples leave a variance of rounding errors only.
	if m+n < 3 || variance < 1e-9 {
		return result, true
	}
	result.Shifted, result.Variance, result.values = true, variance, m+n
	result.distance = max(0, math.Abs(u-m*n/2)-0.5)
	result.P = result.Inflated(1)
	return result, true
}

// Inflated is P for samples whose neighbours depend on each other, so that U
// varies more than between independent values: by the factor effect, at least 1.
// As an effect is estimated, Student's t then takes the place of the normal
// distribution.
func (r MannWhitneyResult) Inflated(effect float64) float64 {
	if !r.Shifted {
		return 1
	}
	if effect <= 1 {
		return clampProbability(2 * NormalCDF(-r.distance/math.Sqrt(r.Variance)))
	}
	return studentTwoSided(r.distance/math.Sqrt(r.Variance*effect), r.degrees(effect))
}

// degrees of freedom that are left of dependent samples.
func (r MannWhitneyResult) degrees(effect float64) float64 { return max(r.values/effect-2, 1) }

// rankSumOfFirst merges two sorted samples and returns the sum of a's ranks,
// tied values sharing their mean rank, and the sum of t^3-t over all ties.
func rankSumOfFirst(a, b []float64) (sum, ties float64) {
	i, j, rank := 0, 0, 0.0
	for i < len(a) || j < len(b) {
		value := math.Inf(1)
		if i < len(a) {
			value = a[i]
		}
		if j < len(b) {
			value = min(value, b[j])
		}
		ofA, ofB := run(a[i:], value), run(b[j:], value)
		tied := float64(ofA + ofB)
		sum += float64(ofA) * (rank + (tied+1)/2)
		ties += tied*tied*tied - tied
		i, j, rank = i+ofA, j+ofB, rank+tied
	}
	return sum, ties
}

// run is how often the value is repeated at the start of a sorted sample.
func run(sorted []float64, value float64) int {
	n := 0
	for n < len(sorted) && sorted[n] == value {
		n++
	}
	return n
}
