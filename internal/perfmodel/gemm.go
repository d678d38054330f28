package perfmodel

import "math"

// gemm is the time of one matrix product of M rows with a weight matrix of n by
// k: the p-norm of the time to stream weights and activations and the time of
// the tensor cores, plus a fixed time. Streams and flops are per row of M.
type gemm struct {
	weightSeconds  float64 // streaming the weights
	rowStream      float64 // streaming one row of activations
	rowCompute     float64 // tensor-core time of one row
	fixed          float64
	sharpness      float64
	rebuildSeconds float64 // extra above rebuildRows; 0 for good kernels
}

// rebuildRows is the number of rows above which non-Marlin GPTQ and AWQ kernels
// rebuild 16-bit weights in every step.
const rebuildRows = 50

func (g gemm) seconds(rows float64) float64 {
	stream := g.weightSeconds + g.rowStream*rows
	t := smoothMax(stream, g.rowCompute*rows, g.sharpness) + g.fixed
	if rows > rebuildRows {
		t += g.rebuildSeconds
	}
	return t
}

// smoothMax is (a^p + b^p)^(1/p).
func smoothMax(a, b, p float64) float64 {
	if a < b {
		a, b = b, a
	}
	r := b / a
	if r < 0.02 { // below 0.02^2/2 of the result for every p in use
		return a
	}
	return a * math.Pow(1+math.Pow(r, p), 1/p)
}

// kernels are the constants of matrix products in one weight format.
type kernels struct {
	bytes   float64 // per weight
	stream  float64 // bytes per second reached
	flops   float64 // per second reached
	fixed   float64 // seconds
	rebuild bool
}

// dequantSlowdown is the compute cost of formats that store few bits and compute
// in 16.
const dequantSlowdown = 1.15

func kernelsOf(g GPU, format string, slow bool) kernels {
	k := kernels{bytes: bytesPerWeight(format), rebuild: slow}
	compute16 := g.ComputeBF16 * g.FlopsBF16
	switch format {
	case WeightsFP8:
		k.stream, k.flops, k.fixed = g.Stream8Bit, g.ComputeFP8*g.Flops8Bit, g.GEMM8Bit
	case WeightsINT8:
		k.stream, k.flops, k.fixed = g.Stream8Bit, g.ComputeINT8*g.Flops8Bit, g.GEMM8Bit
	case WeightsW8A16:
		k.stream, k.flops, k.fixed = g.Stream8Bit, compute16/dequantSlowdown, g.GEMM8Bit
	case WeightsW4, WeightsMXFP4:
		k.stream, k.flops, k.fixed = g.StreamW4, compute16/dequantSlowdown, g.GEMMW4
	default:
		k.stream, k.flops, k.fixed = g.StreamBF16, compute16, g.GEMMBF16
	}
	k.stream *= g.BytesPerSecond
	return k
}

// gemmOf is the product with a weight matrix of n by k on the given kernels.
func (k kernels) gemmOf(g GPU, n, kk float64) gemm {
	out := gemm{
		weightSeconds: n * kk * k.bytes / k.stream,
		rowStream:     2 * (n + kk) / k.stream,
		rowCompute:    2 * n * kk / k.flops,
		fixed:         k.fixed,
		sharpness:     g.Sharpness,
	}
	if k.rebuild {
		out.rebuildSeconds = n * kk * (k.bytes + 4) / (0.7 * g.BytesPerSecond)
	}
	return out
}
