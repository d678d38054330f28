package trend

import (
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Slope is a change per second with its interval. Level is the value of the
// fitted line at the first point.
type Slope struct {
	PerSecond float64
	Low, High float64
	Level     float64
}

// TheilSen is the median of the slopes between all pairs of points (Sen 1968),
// which must be in order and of different times. Its interval is Sen's: the
// ranks (N -/+ z sqrt(Var S)) / 2 of the N sorted slopes, where varianceS is the
// variance of Mann-Kendall's S. Handing in the corrected variance widens the
// interval as it raises the probability, so that the two never disagree. ok is
// false for fewer than two points.
func TheilSen(points []Point, confidence, varianceS float64) (Slope, bool) {
	if len(points) < 2 {
		return Slope{}, false
	}
	slopes := make([]float64, 0, len(points)*(len(points)-1)/2)
	for i, a := range points {
		for _, b := range points[i+1:] {
			slopes = append(slopes, (b.Value-a.Value)/(b.AtUnix-a.AtUnix))
		}
	}
	slices.Sort(slopes)
	s := Slope{PerSecond: judge.Quantile(slopes, 0.5)}
	pairs := float64(len(slopes))
	half := judge.NormalQuantile(1-(1-confidence)/2) * math.Sqrt(max(varianceS, 0))
	// Ranks count from 1 in the paper, positions from 0 here.
	s.Low = between(slopes, (pairs-half)/2-1)
	s.High = between(slopes, (pairs+half)/2)
	levels := make([]float64, len(points))
	for i, p := range points {
		levels[i] = p.Value - s.PerSecond*(p.AtUnix-points[0].AtUnix)
	}
	s.Level = median(levels)
	return s, true
}

// between reads a position between two sorted values; positions outside are the
// ends.
func between(sorted []float64, position float64) float64 {
	last := float64(len(sorted) - 1)
	if last == 0 {
		return sorted[0]
	}
	return judge.Quantile(sorted, min(max(position, 0), last)/last)
}
