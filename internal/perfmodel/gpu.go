package perfmodel

import (
	"fmt"
	"strings"
)

// GPU is what the model knows of one accelerator. Rates are those of the data
// sheet; efficiencies are the part of them that kernels inside vLLM reach.
type GPU struct {
	Name    string
	Aliases []string
	// Source says what the row rests on: "fitted" on kernel tables and end-to-end
	// figures, or "few points".
	Source string

	MemoryBytes     float64 // visible to the engine
	BytesPerSecond  float64 // HBM
	FlopsBF16       float64 // dense, per second
	Flops8Bit       float64 // dense FP8 or INT8 tensor cores, per second
	HasFP8, HasINT8 bool    // W8A8 kernels exist; without them FP8 is weight-only

	StreamBF16, Stream8Bit, StreamW4     float64 // weight streaming, part of HBM rate
	ComputeBF16, ComputeFP8, ComputeINT8 float64 // GEMM, part of peak
	GEMMBF16, GEMM8Bit, GEMMW4           float64 // fixed seconds of one GEMM kernel in a graph
	// Sharpness of the change from streaming to compute: the exponent of the
	// p-norm of both times.
	Sharpness    float64
	KVStream     float64 // decode attention, part of HBM rate
	Attention    float64 // prefill attention, part of BF16 peak
	AttentionFix float64 // fixed seconds of one attention kernel

	AllReduce      []AllReduce
	AllReduceEager float64 // least seconds of one all-reduce without CUDA graphs
}

// AllReduce is the cost of one all-reduce over a tensor-parallel group:
// latency plus bytes over bandwidth, with other constants above 6 MiB. Skew is
// the wait for the slowest rank.
type AllReduce struct {
	Ranks                      int
	SmallSeconds, SmallPerByte float64
	LargeSeconds, LargePerByte float64
	Skew                       float64
}

// LookupGPU finds a GPU by its catalogue name ("H100") or by what drivers and
// people call it ("NVIDIA H100 80GB HBM3").
func LookupGPU(name string) (GPU, error) {
	want := normalGPU(name)
	known := make([]string, 0, len(gpuTable))
	for _, g := range gpuTable {
		known = append(known, g.Name)
		if normalGPU(g.Name) == want {
			return g, nil
		}
		for _, a := range g.Aliases {
			if normalGPU(a) == want {
				return g, nil
			}
		}
	}
	return GPU{}, fmt.Errorf("gpu %q is not modelled, known are %s", name, strings.Join(known, ", "))
}

func normalGPU(name string) string {
	n := strings.ToUpper(name)
	for _, drop := range []string{"NVIDIA", "AMD", "INSTINCT", "GEFORCE", "GENERATION", "TESLA", " ", "-", "_"} {
		n = strings.ReplaceAll(n, drop, "")
	}
	return n
}

// allReduce finds the constants of a group size.
func (g GPU) allReduce(ranks int) (AllReduce, bool) {
	for _, a := range g.AllReduce {
		if a.Ranks == ranks {
			return a, true
		}
	}
	return AllReduce{}, false
}
