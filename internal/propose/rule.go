package propose

import (
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// scope is what a rule looks at.
type scope struct {
	Input
	cfg      serving.EngineConfig
	forecast *forecast
	// settings are zero when the fleet is not modelled; gpu is zero when its
	// name is unknown.
	settings perfmodel.Settings
	gpu      perfmodel.GPU
	// mended is the configuration with the plain mistakes removed. Rules that
	// search for a value search from there: what is best beside a mistake is no
	// longer best without it.
	mended serving.EngineConfig
}

func newScope(in Input, f *forecast) scope {
	gpu, err := perfmodel.LookupGPU(in.Fleet.Hardware.GPU)
	if err != nil {
		gpu = perfmodel.GPU{}
	}
	return scope{Input: in, cfg: in.Fleet.Config, forecast: f, settings: f.settings, gpu: gpu, mended: in.Fleet.Config}
}

// idea is a rule's answer before the model has been asked about it.
type idea struct {
	recommendation serving.Recommendation
	// needed says that flags or measurements call for the change by themselves;
	// otherwise it is kept only if the model predicts a gain.
	needed bool
	// published is the range of published measurements, used when the fleet is
	// not modelled; a zero range means that the rule needs the model.
	published serving.Effect
}

// rule looks for one kind of change.
type rule func(scope) []idea

// mistakes are flags that are wrong by themselves.
func mistakes() []rule {
	return []rule{removeEager, allowChunks, scheduleAhead, raiseUtilization, cachePrefixes, useAllGPUs, freeKernels}
}

// choices are values that depend on everything else, those that cost no quality
// first.
func choices() []rule {
	return []rule{raiseSlots, tuneBudget, quantizeFP8, shrinkCheckpoint, shrinkCache}
}

// ideas asks all rules, the choices on the mended configuration.
func ideas(s scope, eng Engine) []idea {
	var out []idea
	for _, r := range mistakes() {
		out = append(out, r(s)...)
	}
	out = admissible(s, out, eng)
	s.mended = Apply(s.cfg, everything(out, ""))
	for _, r := range choices() {
		out = append(out, admissible(s, r(s), eng)...)
	}
	return out
}

// published is the effect that measurements of others suggest.
func published(low, high float64, source string) serving.Effect {
	return serving.Effect{ThroughputLow: low, ThroughputHigh: high, Basis: "published measurements: " + source + "; this fleet is not modelled"}
}

// smallestGain is the predicted gain below which a change is not worth a
// sentence: a third of the model's error on ratios.
const smallestGain = 0.03
