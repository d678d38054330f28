package trend

import (
	"cmp"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Point is one measurement of a series.
type Point struct {
	AtUnix float64 `json:"at_unix"` // seconds since 1970
	Value  float64 `json:"value"`
}

// Direction is where a quantity goes.
type Direction string

// Directions. Flat means that points were there and showed no change worth
// naming; without enough of them the direction is InsufficientData.
const (
	Rising           Direction = "rising"
	Falling          Direction = "falling"
	Flat             Direction = "flat"
	InsufficientData Direction = "insufficient-data"
)

func directionOf(change float64) Direction {
	switch {
	case change > 0:
		return Rising
	case change < 0:
		return Falling
	}
	return Flat
}

// inOrder is the points by time without those that are no numbers. Of several
// at one instant the last one given counts: a slope between them would be
// infinite.
func inOrder(points []Point) []Point {
	out := make([]Point, 0, len(points))
	for _, p := range points {
		if finite(p.Value) && finite(p.AtUnix) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Point) int { return cmp.Compare(a.AtUnix, b.AtUnix) })
	kept := out[:0]
	for _, p := range out {
		if n := len(kept); n > 0 && kept[n-1].AtUnix == p.AtUnix {
			kept[n-1] = p
			continue
		}
		kept = append(kept, p)
	}
	return kept
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Thin replaces runs of neighbours by their medians, of time and of value, so
// that at most limit points are left. Points are grouped by number and not by
// time: a gap stays a gap and no group is empty. The points must be in order.
func Thin(points []Point, limit int) []Point {
	if limit <= 0 || len(points) <= limit {
		return points
	}
	out := make([]Point, limit)
	for i := range out {
		group := points[i*len(points)/limit : (i+1)*len(points)/limit]
		times := make([]float64, len(group))
		for j, p := range group {
			times[j] = p.AtUnix
		}
		out[i] = Point{AtUnix: median(times), Value: median(valuesOf(group))}
	}
	return out
}

func valuesOf(points []Point) []float64 {
	out := make([]float64, len(points))
	for i, p := range points {
		out[i] = p.Value
	}
	return out
}

// median of the values, which are left as they are; NaN of none.
func median(values []float64) float64 { return quantile(values, 0.5) }

func quantile(values []float64, q float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return judge.Quantile(sorted, q)
}

// Gaps are the stretches without a point that are more than gapFactor times the
// usual distance long.
type Gaps struct {
	Count          int     `json:"count"`
	LongestSeconds float64 `json:"longest_seconds"`
}

// gapFactor allows one missed measurement and some jitter.
const gapFactor = 2.5

func gapsIn(points []Point) Gaps {
	var g Gaps
	if len(points) < 3 {
		return g
	}
	distances := make([]float64, len(points)-1)
	for i := range distances {
		distances[i] = points[i+1].AtUnix - points[i].AtUnix
	}
	usual := median(distances)
	for _, d := range distances {
		if d > gapFactor*usual {
			g.Count++
			g.LongestSeconds = max(g.LongestSeconds, d)
		}
	}
	return g
}
