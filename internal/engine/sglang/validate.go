package sglang

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Validate checks each parameter on its own and then what ties them to each
// other, to the model's name and to the hardware. What SGLang corrects with a
// warning is a problem too, since it then serves something else than was asked
// for; what it settles silently and without loss (no overlap with pipeline
// parallelism) is none. A rule that needs what only the model's own
// configuration states is judged only where a flag states it.
func (e Engine) Validate(cfg serving.EngineConfig, hw serving.Hardware) []engine.Problem {
	return engine.Launch{Catalogue: e.catalogue, Config: cfg, Hardware: hw}.Problems(
		gpusSuffice, nodesDivideRanks, attentionDividesTensor, expertsDivideTensor, balanceHasTokens, pipelineStandsAlone,
		chunkIsWholePages, pagesFitBackend, hierarchyNeedsRadix,
		prioritiesAgree, slotsForEveryRank, graphNamedOnce, compiledWithPadding,
		draftNumbersTogether, chainLength, treeFitsPages, draftHasModel, draftStandsAlone,
		checkpointDecides, weightsFitGPU, cacheFitsGPU, backendFitsGPU,
	)
}
