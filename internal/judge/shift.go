package judge

import "math"

// Shift is by how much the values of one sample exceed those of another.
type Shift struct {
	// Estimate is the median of all differences between a value of the first and
	// one of the second sample (Hodges and Lehmann 1963), which single outliers
	// do not move.
	Estimate float64
	Interval
}

// HodgesLehmann estimates the shift from b to a. Its interval are the shifts that
// Mann-Whitney would not reject: the differences at the ranks mn/2 -/+
// z sqrt(Var U) (Hollander and Wolfe 1999, 4.3), the variance raised by the
// design effect. ok is false when either sample is empty.
func HodgesLehmann(a, b Sample, confidence, effect float64) (Shift, bool) {
	test, ok := MannWhitney(a, b)
	if !ok {
		return Shift{}, false
	}
	pairs := a.Count() * b.Count()
	reach := NormalQuantile(1 - (1-confidence)/2)
	if effect > 1 {
		reach = StudentQuantile(1-(1-confidence)/2, test.degrees(effect))
	}
	half := reach * math.Sqrt(test.Variance*max(effect, 1))
	middle := float64(pairs) / 2
	return Shift{
		Estimate: (difference(a, b, (pairs-1)/2) + difference(a, b, pairs/2)) / 2,
		Interval: Interval{Low: difference(a, b, int(math.Floor(middle-half))-1), High: difference(a, b, int(math.Ceil(middle+half)))},
	}, true
}

// difference is the one of the given rank, from 0, among all differences of a
// value of a and one of b. To list them would take memory for each pair, so the
// rank is sought between the least and the greatest; ranks outside are the ends.
func difference(a, b Sample, rank int) float64 {
	low, high := a.sorted[0]-b.sorted[b.Count()-1], a.sorted[a.Count()-1]-b.sorted[0]
	rank = min(max(rank, 0), a.Count()*b.Count()-1)
	if countDifferences(a.sorted, b.sorted, low) > rank {
		return low
	}
	// Two differences that are nearer than this are one and the same to anyone.
	const resolution = 1e-12
	for least := (high - low) * resolution; high-low > least; {
		middle := low + (high-low)/2
		if middle <= low || middle >= high { // no number lies between
			break
		}
		if countDifferences(a.sorted, b.sorted, middle) > rank {
			high = middle
		} else {
			low = middle
		}
	}
	return differenceAfter(a.sorted, b.sorted, low)
}

// countDifferences counts the pairs whose difference is at most d.
func countDifferences(a, b []float64, d float64) int {
	count, from := 0, 0
	// The greater the value of a, the greater the first b that is near enough.
	for _, v := range a {
		for from < len(b) && v-b[from] > d {
			from++
		}
		count += len(b) - from
	}
	return count
}

// differenceAfter is the least difference that is greater than d.
func differenceAfter(a, b []float64, d float64) float64 {
	least, from := math.Inf(1), 0
	for _, v := range a {
		for from < len(b) && v-b[from] > d {
			from++
		}
		if from > 0 {
			least = min(least, v-b[from-1])
		}
	}
	return least
}
