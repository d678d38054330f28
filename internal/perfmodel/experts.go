package perfmodel

import "math"

// experts is the time of the mixture-of-experts part of one layer: weights of
// the experts that the step's tokens touch, their products, and a fixed time for
// router, permutation and two grouped products. The weakest part of the model
// (10% on TPOT and more when routing is skewed).
type experts struct {
	count      float64 // 0: dense model
	active     float64
	oneSeconds float64 // streaming the weights of one expert
	rowCompute float64
	fixed      float64
	spread     float64 // of a step's tokens
	sharpness  float64
}

func expertsOf(a Architecture, g GPU, format string, k kernels, c Constants, tp float64) experts {
	if a.Experts == 0 {
		return experts{}
	}
	weights := 3 * float64(a.Hidden) * float64(a.ExpertIntermediate) / tp
	e := experts{
		count:      float64(a.Experts),
		active:     float64(a.Active),
		oneSeconds: weights * k.bytes / (c.ExpertStream * g.BytesPerSecond),
		rowCompute: 2 * weights * float64(a.Active) / (c.ExpertCompute * k.flops),
		fixed:      c.ExpertSeconds,
		spread:     1,
		sharpness:  g.Sharpness,
	}
	if a.RoutingSpread > 0 {
		e.spread = a.RoutingSpread
	}
	if format == WeightsFP8 || format == WeightsINT8 {
		e.fixed *= c.Expert8Bit
	}
	return e
}

func (e experts) seconds(rows float64) float64 {
	if e.count == 0 {
		return 0
	}
	touched := e.count * (1 - math.Pow(1-e.active/e.count, math.Max(1, e.spread*rows)))
	return smoothMax(touched*e.oneSeconds, rows*e.rowCompute, e.sharpness) + e.fixed
}
