package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Validate checks each parameter on its own and then what ties them to each
// other and to the hardware. A rule that needs a value which only the model's
// own configuration states (its context length, its attention heads) is judged
// only where a flag states it.
func (e Engine) Validate(cfg serving.EngineConfig, hw serving.Hardware) []engine.Problem {
	return engine.Launch{Catalogue: e.catalogue, Config: cfg, Hardware: hw}.Problems(
		requestsFitBudget, promptFitsBudget, chunkFitsModel, gpusSuffice,
		speculationFitsScheduling, weightsFitGPU, kvTypeFitsGPU,
	)
}
