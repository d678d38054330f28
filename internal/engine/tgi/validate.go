package tgi

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Validate checks each parameter on its own and then what ties them to each
// other, to the version and to the hardware. A rule that needs a value which
// only the model or the warm-up states is judged only where a flag states it.
func (e Engine) Validate(cfg serving.EngineConfig, hw serving.Hardware) []engine.Problem {
	return engine.Launch{Catalogue: e.catalogue, Config: cfg, Hardware: hw}.Problems(
		promptLeavesRoom, totalFitsDefault, promptFitsPrefill, prefillFitsBatch, requestFitsBatch,
		shardsFitGPUs, exl2IsNotSharded, quantizeFitsGPU, quantizeFitsVersion, dtypeIsAlone, graphsAreSizes,
		tunnelHasCredentials,
	)
}

// before says whether the launch states a version earlier than the given one;
// of a version that is not stated it says nothing, so it is false.
func before(l engine.Launch, release engine.Version) bool {
	version, stated := engine.ParseVersion(l.Config.Version)
	return stated && version.Before(release)
}

func versionStated(l engine.Launch) bool {
	_, stated := engine.ParseVersion(l.Config.Version)
	return stated
}
