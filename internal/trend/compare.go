package trend

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Window describes the points of one window.
type Window struct {
	Points    int             `json:"points"`
	FirstUnix float64         `json:"first_unix,omitempty"`
	LastUnix  float64         `json:"last_unix,omitempty"`
	Median    serving.Measure `json:"median"`
	P10       serving.Measure `json:"p10"`
	P90       serving.Measure `json:"p90"`
	Least     serving.Measure `json:"least"`
	Greatest  serving.Measure `json:"greatest"`
}

// Comparison is how a quantity differs between two windows.
type Comparison struct {
	Direction Direction `json:"direction"` // from before to after
	Reason    string    `json:"reason"`
	Before    Window    `json:"before"`
	After     Window    `json:"after"`
	// Difference is the median of after minus before over all pairs of points
	// (Hodges and Lehmann), with its interval.
	Difference     serving.Measure `json:"difference"`
	DifferenceLow  serving.Measure `json:"difference_low"`
	DifferenceHigh serving.Measure `json:"difference_high"`
	Confidence     float64         `json:"confidence"`
	RelativeChange serving.Measure `json:"relative_change"` // over before's median
	// PValue is Mann-Whitney's, corrected for dependence between neighbours by
	// VarianceInflation. Greater is the chance that a point of after is greater
	// than one of before.
	PValue            serving.Measure `json:"p_value"`
	VarianceInflation float64         `json:"variance_inflation,omitempty"`
	Greater           serving.Measure `json:"greater"`
}

// Compare sets one window against another. The points may be in any order.
func Compare(before, after []Point, cfg Config) Comparison {
	before, after = inOrder(before), inOrder(after)
	c := Comparison{Direction: InsufficientData, Before: describeWindow(before), After: describeWindow(after), Confidence: cfg.Confidence}
	for _, w := range []struct {
		name string
		n    int
	}{{"before", len(before)}, {"after", len(after)}} {
		if w.n < max(cfg.MinWindowPoints, 2) {
			c.Reason = fmt.Sprintf("%d points %s, at least %d are needed in each window", w.n, w.name, max(cfg.MinWindowPoints, 2))
			return c
		}
	}
	b, a := valuesOf(Thin(before, cfg.MaxWindowPoints)), valuesOf(Thin(after, cfg.MaxWindowPoints))
	c.VarianceInflation = judge.DesignEffect(b, a)
	test, _ := judge.MannWhitney(judge.NewSample(a), judge.NewSample(b))
	c.PValue, c.Greater = serving.Known(test.Inflated(c.VarianceInflation)), serving.Known(test.CLES)
	shift, _ := judge.HodgesLehmann(judge.NewSample(a), judge.NewSample(b), cfg.Confidence, c.VarianceInflation)
	c.Difference = serving.Known(shift.Estimate)
	c.DifferenceLow, c.DifferenceHigh = serving.Known(shift.Low), serving.Known(shift.High)
	c.RelativeChange = c.Difference.Over(serving.Known(math.Abs(c.Before.Median.Or(0))))
	c.decide(cfg)
	return c
}

func describeWindow(points []Point) Window {
	w := Window{Points: len(points)}
	if len(points) == 0 {
		return w
	}
	values := valuesOf(points)
	w.FirstUnix, w.LastUnix = points[0].AtUnix, points[len(points)-1].AtUnix
	w.Median, w.P10, w.P90 = serving.Known(median(values)), serving.Known(quantile(values, .1)), serving.Known(quantile(values, .9))
	w.Least, w.Greatest = serving.Known(slices.Min(values)), serving.Known(slices.Max(values))
	return w
}

func (c *Comparison) decide(cfg Config) {
	difference, p := c.Difference.Or(0), c.PValue.Or(1)
	evidence := fmt.Sprintf("median %.4g before and %.4g after, difference %.3g (%g%% interval %.3g to %.3g), Mann-Whitney p %.2g, %d and %d points",
		c.Before.Median.Or(0), c.After.Median.Or(0), difference, 100*cfg.Confidence,
		c.DifferenceLow.Or(0), c.DifferenceHigh.Or(0), p, c.Before.Points, c.After.Points)
	relative, known := c.RelativeChange.Get()
	switch {
	case p > cfg.Alpha || difference == 0:
		c.Direction, c.Reason = Flat, "no difference shown: "+evidence
	case known && math.Abs(relative) < cfg.MinRelativeChange:
		c.Direction = Flat
		c.Reason = fmt.Sprintf("a difference of %.2g%% is below the %g%% that count: %s", 100*relative, 100*cfg.MinRelativeChange, evidence)
	default:
		c.Direction, c.Reason = directionOf(difference), string(directionOf(difference))+": "+evidence
	}
}
