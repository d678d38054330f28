package vllm

import (
	"strings"
	"unicode"
)

// gpu is what vLLM's defaults and quantization kernels depend on.
type gpu struct {
	// capability is NVIDIA's compute capability times ten: 89 is SM 8.9.
	capability int
	memoryGiB  int
}

// gpuByPrefix is keyed by the beginning of a normalised name. Capabilities are
// those of NVIDIA's list of CUDA GPUs; memory is nominal, and where a name is
// sold in two sizes the smaller, which is enough for the steps at 70 and 160
// GiB (the A100 is exempt from the first). Other makers' GPUs are not listed:
// rules on compute capability do not apply to them.
func gpuByPrefix() map[string]gpu {
	return map[string]gpu{
		"V100": {70, 16}, "T4": {75, 16}, "RTX2080": {75, 11},
		"A100": {80, 40}, "A30": {80, 24},
		"A10": {86, 24}, "A16": {86, 16}, "A40": {86, 48}, "A4000": {86, 16}, "A5000": {86, 24}, "A6000": {86, 48}, "RTXA": {86, 16}, "RTX30": {86, 8},
		"L4": {89, 24}, "L40": {89, 48}, "RTX40": {89, 8}, "RTX4000ADA": {89, 20}, "RTX5000ADA": {89, 32}, "RTX6000ADA": {89, 48},
		"H20": {90, 96}, "H100": {90, 80}, "H200": {90, 141}, "H800": {90, 80}, "GH200": {90, 96},
		"B100": {100, 180}, "B200": {100, 180}, "GB200": {100, 180}, "B300": {103, 270}, "GB300": {103, 270},
		"RTX50": {120, 8}, "RTXPRO6000": {120, 96}, "GB10": {121, 120},
	}
}

// lookUpGPU finds a GPU by its catalogue name or by the name a driver gives it
// ("NVIDIA H100 80GB HBM3"). The longest matching name wins: "H200" is no H20.
func lookUpGPU(name string) (g gpu, ok bool) {
	name = normalised(name)
	best := ""
	for prefix, candidate := range gpuByPrefix() {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best, g, ok = prefix, candidate, true
		}
	}
	return g, ok
}

func normalised(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, name)
	for _, maker := range []string{"NVIDIA", "TESLA", "GEFORCE"} {
		name = strings.TrimPrefix(name, maker)
	}
	return name
}

// defaultBatchedTokens is vLLM's default token budget of an API server on this
// GPU: 8192 from 70 GiB except on an A100, otherwise 2048. Only the
// newest versions take 16384 from 160 GiB; assuming it for all can miss a problem
// of an older one and never invents one.
func defaultBatchedTokens(name string) (tokens float64, ok bool) {
	g, ok := lookUpGPU(name)
	switch {
	case !ok:
		return 0, false
	case g.memoryGiB >= 160:
		return 16384, true
	case g.memoryGiB >= 70:
		return 8192, true
	}
	return 2048, true
}
