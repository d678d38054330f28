package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// parallelParameters spread one replica over GPUs.
func parallelParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagTensorParallel, Aliases: []string{"-tp"}, Type: engine.Int, Default: "1", Min: atLeast(1), Unit: "GPUs",
			Risk: serving.RiskGPUSurge, Family: serving.FamilyParallelism, Source: srcParallel,
			Hardware:    "a divisor of the replica's GPUs; best with NVLink",
			Description: "Splits each layer over GPUs: more KV cache per GPU and a shorter step, at the cost of two all-reduces a layer. Must divide the model's attention heads. More replicas beat it for throughput when the model fits.",
		},
		{
			Flag: flagPipelineParallel, Aliases: []string{"-pp"}, Type: engine.Int, Default: "1", Min: atLeast(1), Unit: "GPUs",
			Risk: serving.RiskGPUSurge, Family: serving.FamilyParallelism, Source: srcParallel,
			Description: "Splits the layers over GPUs: for GPUs without NVLink or uneven splits, with more latency.",
		},
		{
			Flag: flagDataParallel, Aliases: []string{"-dp"}, Type: engine.Int, Default: "1", Min: atLeast(1), Unit: "engines",
			Risk: serving.RiskGPUSurge, Family: serving.FamilyParallelism, Source: srcParallel,
			Description: "Copies of the engine behind one address; of a mixture of experts only the attention is copied.",
		},
		{
			Flag: "--enable-expert-parallel", Aliases: []string{"-ep"}, Type: engine.Bool, Default: "off",
			Risk: serving.RiskCheap, Family: serving.FamilyParallelism, Source: srcParallel,
			Description: "Places whole experts on GPUs instead of slices of each; mixtures of experts only.",
		},
		{
			Flag: "--disable-custom-all-reduce", Type: engine.Bool, Default: "off",
			Risk: serving.RiskCheap, Family: serving.FamilyParallelism, Source: srcParallel,
			Description: "Leaves the all-reduce to NCCL.",
		},
	}
}
