package propose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Defaults is the engine's own configuration for the fleet's model, which every
// run measures: a tuned configuration that cannot beat it should not be kept.
// Flags that say what is served and on what stay (model, context length, names,
// parallelism, which the model may need); flags that only set speed are dropped.
func Defaults(fleet serving.Fleet) serving.Candidate {
	tuning := dialect.Of(fleet.Config.Engine).Tuning
	cfg := fleet.Config
	cfg.Flags = slices.DeleteFunc(slices.Clone(cfg.Flags), func(f serving.Flag) bool {
		return slices.Contains(tuning, f.Name)
	})
	return serving.Candidate{Name: "defaults", Config: cfg, Risk: defaultsRisk(fleet.Config)}
}

// defaultsRisk is numerics where dropping a flag changes the arithmetic.
func defaultsRisk(cfg serving.EngineConfig) serving.RiskClass {
	d := dialect.Of(cfg.Engine)
	for _, flag := range []string{d.Quantization.Flag, d.KVType.Flag} {
		if _, set := cfg.Get(flag); set {
			return serving.RiskNumerics
		}
	}
	return serving.RiskCheap
}
