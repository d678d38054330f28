package trend

import (
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Trend is the direction of one series with what it rests on. Numbers are null
// where there is too little to compute them from.
type Trend struct {
	Direction Direction `json:"direction"`
	Reason    string    `json:"reason"`
	Points    int       `json:"points"` // measured
	Used      int       `json:"used"`   // after thinning, see Thin
	FirstUnix float64   `json:"first_unix,omitempty"`
	LastUnix  float64   `json:"last_unix,omitempty"`
	Gaps      Gaps      `json:"gaps"`

	// Slopes are in units of the series; Low and High bound them.
	SlopePerHour     serving.Measure `json:"slope_per_hour"`
	SlopePerHourLow  serving.Measure `json:"slope_per_hour_low"`
	SlopePerHourHigh serving.Measure `json:"slope_per_hour_high"`
	SlopePerDay      serving.Measure `json:"slope_per_day"`
	Confidence       float64         `json:"confidence"`
	// Change is what the fitted line gains from the first to the last point,
	// RelativeChange that over the median.
	Change         serving.Measure `json:"change"`
	RelativeChange serving.Measure `json:"relative_change"`
	Median         serving.Measure `json:"median"`

	// PValue is Mann-Kendall's with VarianceInflation for dependence between
	// neighbours, PValueIndependent without it.
	PValue            serving.Measure `json:"p_value"`
	PValueIndependent serving.Measure `json:"p_value_independent"`
	VarianceInflation float64         `json:"variance_inflation,omitempty"`
	Tau               serving.Measure `json:"tau"`

	// Shape is how a series that rises or falls does so.
	Shape        Shape         `json:"shape,omitempty"`
	ChangePoints []ChangePoint `json:"change_points"`
}

const secondsPerHour = 3600

// Analyse says where a series goes. The points may be in any order; those that
// are no numbers are left out.
func Analyse(points []Point, cfg Config) Trend {
	points = inOrder(points)
	t := Trend{Direction: InsufficientData, Points: len(points), Gaps: gapsIn(points), Confidence: cfg.Confidence, ChangePoints: []ChangePoint{}}
	if len(points) > 0 {
		t.FirstUnix, t.LastUnix = points[0].AtUnix, points[len(points)-1].AtUnix
		t.Median = serving.Known(median(valuesOf(points)))
	}
	used := Thin(points, cfg.MaxPoints)
	t.Used = len(used)
	if len(used) < max(cfg.MinPoints, 3) {
		t.Reason = fmt.Sprintf("%d points, at least %d are needed", len(points), max(cfg.MinPoints, 3))
		return t
	}
	slope, kendall := fit(used, cfg)
	t.describe(slope, kendall)
	var shape Shape
	t.ChangePoints, shape = ChangePoints(used, cfg)
	t.decide(kendall, shape, cfg)
	return t
}

// fit estimates the slope twice: the dependence between neighbours shows only
// without the slope, and the interval of the slope needs the dependence.
func fit(points []Point, cfg Config) (Slope, Kendall) {
	rough, _ := TheilSen(points, cfg.Confidence, 0)
	kendall := MannKendall(valuesOf(points), detrended(points, rough.PerSecond))
	slope, _ := TheilSen(points, cfg.Confidence, kendall.Variance*kendall.Inflation)
	return slope, kendall
}

// roundOff is the part of a series' range below which a deviation from the line
// is an error of arithmetic: ranked, such errors would look like dependence.
const roundOff = 1e-9

func detrended(points []Point, perSecond float64) []float64 {
	values := valuesOf(points)
	quantum := roundOff * (slices.Max(values) - slices.Min(values))
	if quantum == 0 {
		return values
	}
	for i, p := range points {
		values[i] = math.Round((p.Value-perSecond*(p.AtUnix-points[0].AtUnix))/quantum) * quantum
	}
	return values
}

func (t *Trend) describe(s Slope, k Kendall) {
	t.SlopePerHour = serving.Known(s.PerSecond * secondsPerHour)
	t.SlopePerHourLow = serving.Known(s.Low * secondsPerHour)
	t.SlopePerHourHigh = serving.Known(s.High * secondsPerHour)
	t.SlopePerDay = serving.Known(s.PerSecond * secondsPerHour * 24)
	t.Change = serving.Known(s.PerSecond * (t.LastUnix - t.FirstUnix))
	t.RelativeChange = t.Change.Over(serving.Known(math.Abs(t.Median.Or(0))))
	t.PValue, t.PValueIndependent = serving.Known(k.P), serving.Known(k.PIndependent)
	t.VarianceInflation, t.Tau = k.Inflation, serving.Known(k.Tau)
}

// decide wants a trend to be significant and worth naming. A series around 0 has
// no relative change; there the significance decides alone.
func (t *Trend) decide(k Kendall, shape Shape, cfg Config) {
	change := t.Change.Or(0)
	relative, known := t.RelativeChange.Get()
	evidence := fmt.Sprintf("%.3g an hour (%g%% interval %.3g to %.3g), Mann-Kendall p %.2g, %d points over %.3g h",
		t.SlopePerHour.Or(0), 100*cfg.Confidence, t.SlopePerHourLow.Or(0), t.SlopePerHourHigh.Or(0), k.P,
		t.Points, (t.LastUnix-t.FirstUnix)/secondsPerHour)
	switch {
	case k.P > cfg.Alpha || change == 0:
		t.Direction, t.Reason = Flat, "no trend shown: "+evidence
	case known && math.Abs(relative) < cfg.MinRelativeChange:
		t.Direction = Flat
		t.Reason = fmt.Sprintf("a change of %.2g%% over the window is below the %g%% that count: %s", 100*relative, 100*cfg.MinRelativeChange, evidence)
	default:
		t.Direction = directionOf(change)
		t.Shape = shape
		t.Reason = fmt.Sprintf("%s by %s", t.Direction, evidence)
		if t.Shape == Steps {
			t.Reason += "; in steps rather than steadily, see change_points"
		}
	}
}
