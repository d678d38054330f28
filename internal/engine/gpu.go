package engine

import (
	"fmt"
	"strings"
	"unicode"
)

// Capability is NVIDIA's compute capability times ten: 89 is SM 8.9.
type Capability int

// String is the capability as NVIDIA writes it.
func (c Capability) String() string { return fmt.Sprintf("%d.%d", c/10, c%10) }

// GPU is what an engine's defaults and kernels depend on.
type GPU struct {
	Capability Capability
	MemoryGiB  int // nominal
}

// gpuByPrefix is keyed by the beginning of a normalised name. Capabilities are
// those of NVIDIA's list of CUDA GPUs; where a name is sold in two sizes, the
// memory is the smaller. Other makers' GPUs are not listed: rules on compute
// capability do not apply to them.
func gpuByPrefix() map[string]GPU {
	return map[string]GPU{
		"V100": {70, 16}, "T4": {75, 16}, "RTX2080": {75, 11},
		"A100": {80, 40}, "A30": {80, 24},
		"A10": {86, 24}, "A16": {86, 16}, "A40": {86, 48}, "A4000": {86, 16}, "A5000": {86, 24}, "A6000": {86, 48}, "RTXA": {86, 16}, "RTX30": {86, 8},
		"L4": {89, 24}, "L40": {89, 48}, "RTX40": {89, 8}, "RTX4000ADA": {89, 20}, "RTX5000ADA": {89, 32}, "RTX6000ADA": {89, 48},
		"H20": {90, 96}, "H100": {90, 80}, "H200": {90, 141}, "H800": {90, 80}, "GH200": {90, 96},
		"B100": {100, 180}, "B200": {100, 180}, "GB200": {100, 180}, "B300": {103, 270}, "GB300": {103, 270},
		"RTX50": {120, 8}, "RTXPRO6000": {120, 96}, "GB10": {121, 120},
	}
}

// LookUpGPU finds a GPU by its catalogue name or by the name a driver gives it
// ("NVIDIA H100 80GB HBM3"). The longest matching name wins: "H200" is no H20.
func LookUpGPU(name string) (g GPU, ok bool) {
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
