package serving

import (
	"fmt"
	"math"
	"slices"
)

// Shapes of a distribution of lengths.
const (
	ShapeLogNormal = "lognormal"
	ShapeFixed     = "fixed"
	ShapeUniform   = "uniform"
	ShapeEmpirical = "empirical"
)

// Lengths is a distribution of token counts.
type Lengths struct {
	Mean float64 `json:"mean"`
	CV   float64 `json:"cv"` // standard deviation over mean
	Min  int     `json:"min,omitempty"`
	Max  int     `json:"max,omitempty"` // 0: no limit
	// Shape is "lognormal" (default: from mean and cv), "fixed" (the mean),
	// "uniform" (from min to max) or "empirical" (by points).
	Shape string `json:"shape,omitempty"`
	// Points are the lengths at evenly spaced probabilities from 0 to 1, both
	// included; between them the distribution is even.
	Points []float64 `json:"points,omitempty"`
}

// mostPoints keeps a workload small in the records that carry it.
const mostPoints = 101

// empiricalPoints of a distribution that was observed: every 2.5%.
const empiricalPoints = 41

// Validate names the field that is wrong and how to mend it.
func (l Lengths) Validate() error {
	switch {
	case l.Min < 0:
		return fmt.Errorf("min: %d must not be negative; 0 is no limit", l.Min)
	case l.Max < 0 || l.Max > 0 && l.Max < l.Min:
		return fmt.Errorf("max: %d is below min, %d; 0 is no limit", l.Max, l.Min)
	}
	switch l.Shape {
	case "", ShapeLogNormal, ShapeFixed:
		return l.validateMoments()
	case ShapeUniform:
		if l.Min < 1 || l.Max < 1 {
			return fmt.Errorf("min: %d, with max %d, is no range; a uniform shape needs both above 0", l.Min, l.Max)
		}
	case ShapeEmpirical:
		return l.validatePoints()
	default:
		return fmt.Errorf("shape: %q is unknown; use lognormal, fixed, uniform or empirical", l.Shape)
	}
	return nil
}

func (l Lengths) validateMoments() error {
	switch {
	case !(l.Mean >= 1 && l.Mean <= math.MaxInt32):
		return fmt.Errorf("mean: %g must be above 0, at least 1; give the mean length in tokens", l.Mean)
	case !(l.CV >= 0 && l.CV <= math.MaxInt32):
		return fmt.Errorf("cv: %g must not be negative; it is the standard deviation over the mean", l.CV)
	}
	return nil
}

func (l Lengths) validatePoints() error {
	if n := len(l.Points); n < 2 || n > mostPoints {
		return fmt.Errorf("points: %d given, must be 2 to %d; give the lengths at evenly spaced probabilities", n, mostPoints)
	}
	if l.Points[0] < 0 || !slices.IsSorted(l.Points) || !(l.Points[len(l.Points)-1] <= math.MaxInt32) {
		return fmt.Errorf("points: must be lengths that never fall; sort them")
	}
	return nil
}

// Quantile is the length below which the share q, 0..1, lies.
func (l Lengths) Quantile(q float64) float64 {
	v := 0.0
	switch l.Shape {
	case ShapeFixed:
		v = l.Mean
	case ShapeUniform:
		v = float64(l.Min) + q*float64(l.Max-l.Min)
	case ShapeEmpirical:
		v = l.between(q)
	default:
		mean, variance := math.Max(1, l.Mean), math.Log1p(l.CV*l.CV)
		v = mean * math.Exp(math.Sqrt(2*variance)*math.Erfinv(2*q-1)-variance/2)
		if variance == 0 {
			v = mean // at q 0 and 1 the line above is not a number
		}
	}
	if l.Max > 0 {
		v = math.Min(v, float64(l.Max))
	}
	return math.Max(v, math.Max(1, float64(l.Min)))
}

// between interpolates the points.
func (l Lengths) between(q float64) float64 {
	last := len(l.Points) - 1
	if last < 0 {
		return l.Mean
	}
	at := min(max(q, 0), 1) * float64(last)
	i := min(int(at), max(0, last-1))
	if last == 0 {
		return l.Points[0]
	}
	return l.Points[i] + (at-float64(i))*(l.Points[i+1]-l.Points[i])
}

// WithMoments fills in the mean and the spread that a uniform, fixed or
// empirical shape implies; of others it changes nothing.
func (l Lengths) WithMoments() Lengths {
	switch l.Shape {
	case ShapeFixed:
		l.CV = 0
	case ShapeUniform:
		width := float64(l.Max - l.Min)
		l.setMoments(float64(l.Min+l.Max)/2, width*width/12)
	case ShapeEmpirical:
		mean, variance := momentsOf(l.Points)
		l.setMoments(mean, variance)
	}
	return l
}

func (l *Lengths) setMoments(mean, variance float64) {
	l.Mean, l.CV = mean, 0
	if mean > 0 {
		l.CV = math.Sqrt(variance) / mean
	}
}

// momentsOf are the mean and variance of a distribution that is even between
// points of equal probability.
func momentsOf(points []float64) (mean, variance float64) {
	squares, pieces := 0.0, float64(len(points)-1)
	for i := range len(points) - 1 {
		a, b := points[i], points[i+1]
		mean += (a + b) / 2 / pieces
		squares += (a*a + a*b + b*b) / 3 / pieces
	}
	return mean, math.Max(0, squares-mean*mean)
}

// EmpiricalLengths is the distribution that a histogram of lengths shows, with
// the histogram's own mean. Within a bucket lengths are taken as spread evenly on
// a logarithmic scale, since they are skewed and buckets widen. ok is false when
// there are no observations or some lie beyond the last bucket, where nothing is
// known of them.
func EmpiricalLengths(h Histogram) (l Lengths, ok bool) {
	n := len(h.Counts)
	mean, known := h.Mean().Get()
	if !known || !(mean > 0) || n == 0 || n != len(h.Bounds) || h.Counts[n-1] < h.Count {
		return Lengths{}, false
	}
	l = Lengths{Shape: ShapeEmpirical, Points: make([]float64, empiricalPoints)}
	for i := range l.Points {
		l.Points[i] = h.skewedQuantile(float64(i) / (empiricalPoints - 1))
	}
	l.fitLongest(mean)
	raw, _ := momentsOf(l.Points)
	if !(raw > 0) {
		return Lengths{}, false
	}
	for i := range l.Points {
		l.Points[i] = math.Round(l.Points[i]*mean/raw*10) / 10
	}
	return l.WithMoments(), true
}

// fitLongest lowers the last point, which is the end of the last bucket in use
// and often far beyond the longest of its lengths, as far as the mean asks for.
func (l Lengths) fitLongest(mean float64) {
	last := len(l.Points) - 1
	raw, _ := momentsOf(l.Points)
	excess := (raw - mean) * 2 * float64(last) // the last point has half the weight of a piece
	l.Points[last] = min(l.Points[last], max(l.Points[last-1], l.Points[last]-excess))
}

// skewedQuantile interpolates on a logarithmic scale within its bucket; the
// first bucket begins at 1 token.
func (h Histogram) skewedQuantile(q float64) float64 {
	rank, lower, below := q*h.Count, 1.0, 0.0
	for i, upper := range h.Bounds {
		n := math.Max(h.Counts[i], below)
		if n >= rank && n > below {
			part := math.Max(0, (rank-below)/(n-below))
			return lower * math.Pow(math.Max(upper, 1)/lower, part)
		}
		lower, below = math.Max(upper, 1), n
	}
	return lower
}
