package plot

import (
	"math"
	"strconv"
)

// Axis is one direction of a chart. It begins at 0 and reaches the greatest value
// drawn, or Max where that is given.
type Axis struct {
	Label string
	Max   float64
	// Names, where given, are what stands at 0, 1, 2, ... instead of numbers.
	Names []string
	// Text writes a tick; nil is the shortest decimal.
	Text func(float64) string
}

// scale maps values of an axis to pixels.
type scale struct {
	axis     Axis
	max      float64
	from, to float64 // pixels at the least and the greatest value
	ticks    []float64
}

// mostTicks fit beside each other without touching.
const mostTicks = 6

func newScale(a Axis, greatest, from, to float64) scale {
	s := scale{axis: a, from: from, to: to}
	if len(a.Names) > 0 {
		s.max = float64(len(a.Names))
		for i := range a.Names {
			s.ticks = append(s.ticks, float64(i))
		}
		return s
	}
	if a.Max > 0 {
		greatest = a.Max
	}
	if !(greatest > 0) || math.IsInf(greatest, 0) {
		greatest = 1
	}
	step := niceStep(greatest / (mostTicks - 1))
	s.max = step * math.Ceil(greatest/step-1e-9)
	for i := 0; float64(i)*step <= s.max*(1+1e-9); i++ {
		s.ticks = append(s.ticks, float64(i)*step)
	}
	return s
}

// niceStep is the least of 1, 2, 2.5 and 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// at is the pixel of a value; names stand in the middle of their places.
func (s scale) at(v float64) float64 {
	if len(s.axis.Names) > 0 {
		v += 0.5
	}
	return s.from + (s.to-s.from)*math.Max(0, math.Min(v, s.max))/s.max
}

func (s scale) text(v float64) string {
	switch {
	case len(s.axis.Names) > 0:
		return s.axis.Names[int(v)]
	case s.axis.Text != nil:
		return s.axis.Text(v)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
