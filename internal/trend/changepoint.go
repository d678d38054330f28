package trend

import (
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ChangePoint is a step of the level. AtUnix is the first point after it.
type ChangePoint struct {
	AtUnix         float64         `json:"at_unix"`
	Before         float64         `json:"before"` // medians of the stretches on both sides
	After          float64         `json:"after"`
	Difference     float64         `json:"difference"`
	RelativeChange serving.Measure `json:"relative_change"` // over Before
	PointsBefore   int             `json:"points_before"`
	PointsAfter    int             `json:"points_after"`
	PValue         float64         `json:"p_value"` // Mann-Whitney, corrected for dependence and for the search
}

// Shape says what describes a series better.
type Shape string

// Shapes; "" is neither: no step is significant.
const (
	Steps    Shape = "steps"
	Straight Shape = "straight" // a line with a slope
)

// ChangePoints finds where the level of a series changed. The points must be in
// order, and few: the work grows with their square (see Thin).
//
// The partition with the least sum of squares plus a penalty for each step is
// found exactly, by dynamic programming (optimal partitioning, Jackson et al.
// 2005; PELT is the same with pruning, which a few hundred points do not need).
// Single outliers are cut back to the running median first. The penalty is
// 3 log(n) times the long-run variance, a little above the Bayesian information
// criterion because the place of the step is searched for. A step must also be
// significant by Mann-Whitney between the stretches beside it (see stepP). A steady slope
// can always be cut into steps, so none are reported where a straight line
// explains the series at least as well.
func ChangePoints(points []Point, cfg Config) ([]ChangePoint, Shape) {
	none := []ChangePoint{}
	n := len(points)
	if n < 2*cfg.MinSegment {
		return none, ""
	}
	values := withoutOutliers(valuesOf(points))
	cuts := partition(values, cfg.MinSegment, 3*math.Log(float64(n))*longRunVariance(values))
	// A slope also makes neighbours resemble each other, which would hide it from
	// the test of significance: it is asked for first.
	if len(cuts) > 0 && lineIsBetter(points, values, cuts) {
		return none, Straight
	}
	cuts = significantCuts(values, cuts, cfg)
	if len(cuts) == 0 {
		return none, ""
	}
	if lineIsBetter(points, values, cuts) {
		return none, Straight
	}
	return describeCuts(points, cuts, cfg), Steps
}

// partition returns the positions at which a new level begins.
func partition(values []float64, least int, penalty float64) []int {
	n := len(values)
	cost := squaresIn(values)
	best, from := make([]float64, n+1), make([]int, n+1)
	best[0] = -penalty
	for end := 1; end <= n; end++ {
		best[end] = math.Inf(1)
		for start := 0; start+least <= end; start++ {
			if c := best[start] + cost(start, end) + penalty; c < best[end] {
				best[end], from[end] = c, start
			}
		}
	}
	var cuts []int
	for at := from[n]; at > 0; at = from[at] {
		cuts = append(cuts, at)
	}
	slices.Reverse(cuts)
	return cuts
}

// squaresIn returns a function that gives the sum of squares about the mean of
// the values from start to before end, in constant time.
func squaresIn(values []float64) func(start, end int) float64 {
	centre := median(values) // keeps the sums of squares small, and so exact
	sums, squares := make([]float64, len(values)+1), make([]float64, len(values)+1)
	for i, v := range values {
		sums[i+1], squares[i+1] = sums[i]+v-centre, squares[i]+(v-centre)*(v-centre)
	}
	return func(start, end int) float64 {
		s := sums[end] - sums[start]
		return max(0, squares[end]-squares[start]-s*s/float64(end-start))
	}
}

// significantCuts drops the least significant step until all that are left are
// significant between the stretches that are then beside them.
func significantCuts(values []float64, cuts []int, cfg Config) []int {
	for len(cuts) > 0 {
		stretches := split(values, cuts)
		effect := judge.DesignEffect(stretches...)
		worst, worstP := -1, cfg.StepAlpha
		for i := range cuts {
			if p := stepP(stretches[i], stretches[i+1], effect, cfg); p > worstP {
				worst, worstP = i, p
			}
		}
		if worst < 0 {
			return cuts
		}
		cuts = slices.Delete(slices.Clone(cuts), worst, worst+1)
	}
	return nil
}

// stepP is the probability of a step between two stretches. Where it lies was
// searched for: about one independent place for each MinSegment points was tried,
// and by chance the best of many looks like something (Bonferroni).
func stepP(before, after []float64, effect float64, cfg Config) float64 {
	test, ok := judge.MannWhitney(judge.NewSample(before), judge.NewSample(after))
	if !ok {
		return 1
	}
	tried := float64(len(before)+len(after)) / float64(cfg.MinSegment)
	return min(1, test.Inflated(effect)*max(tried, 1))
}

func split(values []float64, cuts []int) [][]float64 {
	var out [][]float64
	start := 0
	for _, c := range append(slices.Clone(cuts), len(values)) {
		out = append(out, values[start:c])
		start = c
	}
	return out
}

// describeCuts speaks of the values as measured, outliers included.
func describeCuts(points []Point, cuts []int, cfg Config) []ChangePoint {
	stretches := split(valuesOf(points), cuts)
	effect := judge.DesignEffect(stretches...)
	out := make([]ChangePoint, len(cuts))
	for i, c := range cuts {
		before, after := median(stretches[i]), median(stretches[i+1])
		out[i] = ChangePoint{
			AtUnix: points[c].AtUnix, Before: before, After: after, Difference: after - before,
			RelativeChange: serving.Known(after - before).Over(serving.Known(math.Abs(before))),
			PointsBefore:   len(stretches[i]), PointsAfter: len(stretches[i+1]),
			PValue: stepP(stretches[i], stretches[i+1], effect, cfg),
		}
	}
	return out
}
