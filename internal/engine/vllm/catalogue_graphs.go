package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// graphParameters decide how steps are put on the GPU.
func graphParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagEnforceEager, Type: engine.Bool, Default: "off",
			Risk: serving.RiskCheap, Family: serving.FamilyCUDAGraphs, Source: srcModel,
			Description: "No CUDA graphs and no compilation: starts sooner and uses less memory, and the host launches every kernel, which can more than double the time of a small step on a fast GPU.",
		},
		{
			Flag: "--cudagraph-capture-sizes", Type: engine.Int, Multiple: true, Min: atLeast(1), Unit: "requests",
			Default: "1, 2, 4, then steps of 8 to 256 and of 16 to the largest",
			Risk:    serving.RiskCheap, Family: serving.FamilyCUDAGraphs, Since: "0.11.1", Source: srcCompile,
			Description: "Batch sizes that get a graph. More sizes take memory and start-up time.",
		},
		{
			Flag: "--max-cudagraph-capture-size", Type: engine.Int, Min: atLeast(0), Unit: "requests",
			Default: "twice max-num-seqs, at most 512",
			Risk:    serving.RiskCheap, Family: serving.FamilyCUDAGraphs, Since: "0.11.1", Source: srcCompile,
			Description: "Largest batch that gets a graph; a larger batch runs without.",
		},
		{
			Flag: "--compilation-config", Aliases: []string{"-cc"}, Type: engine.String, Default: "{}",
			Risk: serving.RiskCheap, Family: serving.FamilyCUDAGraphs, Source: srcCompile,
			Description: "Compilation settings as JSON, among them cudagraph_mode and cudagraph_capture_sizes.",
		},
		{
			Flag: "--optimization-level", Type: engine.Enum, Default: "2", Enum: []string{"0", "1", "2", "3"},
			Risk: serving.RiskCheap, Family: serving.FamilyCUDAGraphs, Since: "0.12.0", Source: srcCompile,
			Description: "Start-up time against speed: 0 is the quickest start and the slowest engine.",
		},
	}
}
