package judge

import (
	"math"
	"slices"
)

// Sample is a set of measurements of one quantity. It keeps their order in
// time, from which the dependence between neighbours is estimated.
type Sample struct {
	inTime []float64
	sorted []float64
}

// NewSample takes measurements in the order of time; NaN and infinities are
// left out, as they carry no information.
func NewSample(inTime []float64) Sample {
	kept := make([]float64, 0, len(inTime))
	for _, v := range inTime {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			kept = append(kept, v)
		}
	}
	sorted := slices.Clone(kept)
	slices.Sort(sorted)
	return Sample{inTime: kept, sorted: sorted}
}

// Count is the number of measurements.
func (s Sample) Count() int { return len(s.sorted) }

// Quantile of the sample; NaN when it is empty.
func (s Sample) Quantile(q float64) float64 { return Quantile(s.sorted, q) }

// Above counts the measurements greater than the threshold.
func (s Sample) Above(threshold float64) int {
	at, found := slices.BinarySearch(s.sorted, threshold)
	if found {
		for at < len(s.sorted) && s.sorted[at] == threshold {
			at++
		}
	}
	return len(s.sorted) - at
}

// Mean of the sample; NaN when it is empty.
func (s Sample) Mean() float64 {
	sum := 0.0
	for _, v := range s.sorted {
		sum += v
	}
	return sum / float64(len(s.sorted))
}

// Quantile interpolates linearly between the closest ranks (Hyndman and Fan's
// type 7, the default of R and NumPy). It returns NaN for an empty sample: a
// quantile of nothing is not 0.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 || math.IsNaN(q) {
		return math.NaN()
	}
	return at(sorted, float64(len(sorted)-1)*min(max(q, 0), 1))
}

// at reads a position between ranks, 0 being the first; positions outside are
// the ends.
func at(sorted []float64, position float64) float64 {
	position = min(max(position, 0), float64(len(sorted)-1))
	below := int(position)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (position-float64(below))*(sorted[below+1]-sorted[below])
}
