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
	sharpness  float64
}

// Fixed time and efficiencies of grouped products, fitted end to end.
const (
	expertFixed   = 45e-6
	expertStream  = 0.85
	expertCompute = 0.7
)

func expertsOf(a Architecture, g GPU, k kernels, tp float64) experts {
	if a.Experts == 0 {
		return experts{}
	}
	weights := 3 * float64(a.Hidden) * float64(a.ExpertIntermediate) / tp
	return experts{
		count:      float64(a.Experts),
		active:     float64(a.Active),
		oneSeconds: weights * k.bytes / (expertStream * g.BytesPerSecond),
		rowCompute: 2 * weights * float64(a.Active) / (expertCompute * k.flops),
		fixed:      expertFixed,
		sharpness:  g.Sharpness,
	}
}

func (e experts) seconds(rows float64) float64 {
	if e.count == 0 {
		return 0
	}
	touched := e.count * (1 - math.Pow(1-e.active/e.count, rows))
	return smoothMax(touched*e.oneSeconds, rows*e.rowCompute, e.sharpness) + e.fixed
}
