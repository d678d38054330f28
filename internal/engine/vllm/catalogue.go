package vllm

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Where the statements of the catalogue were read, in vLLM's own repository at
// the commit of 2026-08-17 (after v0.25) and at its tags from v0.4.
const (
	srcArgs     = "vllm/engine/arg_utils.py"
	srcCache    = "vllm/config/cache.py"
	srcSched    = "vllm/config/scheduler.py"
	srcModel    = "vllm/config/model.py"
	srcParallel = "vllm/config/parallel.py"
	srcSpec     = "vllm/config/speculative.py"
	srcCompile  = "vllm/config/compilation.py"
)

// Versions that the catalogue describes. Booleans with a "--no-" form came
// between 0.8.5 and 0.9; older command lines are read but not proposed.
const catalogueVersions = "0.9 to 0.25"

func newCatalogue() engine.Catalogue {
	parameters := slices.Concat(
		memoryParameters(), batchingParameters(), modelParameters(), graphParameters(),
		parallelParameters(), speculationParameters(), serverParameters(), formerParameters(),
	)
	for i := range parameters {
		parameters[i].RequiresRestart = true // vLLM has no flag that can change while it runs
		if parameters[i].Type == engine.Bool {
			parameters[i].Negation = "--no-" + parameters[i].Flag[len("--"):]
		}
	}
	return engine.Catalogue{Engine: serving.VLLM, Versions: catalogueVersions, Parameters: parameters}
}

func atLeast(v float64) serving.Measure { return serving.Known(v) }
func atMost(v float64) serving.Measure  { return serving.Known(v) }
