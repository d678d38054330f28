package engine

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// RiskOf is the greatest of what the differences of two configurations put at
// stake: each flag as the catalogue has it, another model as new weights. What
// the catalogue does not know and another version of the engine may compute
// otherwise, so they count as numerics.
func RiskOf(c Catalogue, from, to serving.EngineConfig) serving.RiskClass {
	out := serving.RiskCheap
	raise := func(r serving.RiskClass) {
		if r.Exceeds(out) {
			out = r
		}
	}
	if from.Version != to.Version {
		raise(serving.RiskNumerics)
	}
	if from.Model != to.Model {
		raise(serving.RiskNewWeights)
	}
	for _, change := range serving.Diff(from, to) {
		if strings.HasPrefix(change.Flag, "-") {
			raise(c.riskOf(change.Flag))
		}
	}
	return out
}

// riskOf is that of the parameter whose flag it is, or one key of which it sets.
func (c Catalogue) riskOf(flag string) serving.RiskClass {
	base, _, _ := strings.Cut(flag, ".")
	if p, known := c.Parameter(base); known {
		return p.Risk
	}
	return serving.RiskNumerics
}
