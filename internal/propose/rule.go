package propose

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// scope is what a rule looks at.
type scope struct {
	Input
	cfg serving.EngineConfig
	// d spells the roles that rules are written over.
	d        dialect.Dialect
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
	return scope{Input: in, cfg: in.Fleet.Config, d: dialect.Of(in.Fleet.Config.Engine), forecast: f, settings: f.settings, gpu: gpu, mended: in.Fleet.Config}
}

// idea is a rule's answer before the model has been asked about it.
type idea struct {
	recommendation serving.Recommendation
	// needed says that flags or measurements call for the change by themselves;
	// otherwise it is kept only if the model predicts a gain.
	needed bool
	// published is the range of published measurements, used when the fleet is
	// not modelled or the model does not know the lever; a zero range means that
	// the rule needs the model.
	published serving.Effect
}

// rule looks for one kind of change.
type rule func(scope) []idea

// mistakes are flags that are wrong by themselves.
func mistakes() []rule {
	return []rule{enableGraphs, widenGraphs, allowChunks, scheduleAhead, freeCacheSize, raiseShare, cachePrefixes, useAllGPUs,
		freeKernels, replaceBitsandbytes, dropDrafts, loosenAdmission, admitMore}
}

// choices are values that depend on everything else, those that cost no quality
// first.
func choices() []rule {
	return []rule{raiseSlots, tuneBudget, mixChunks, preferPrefixes, tightenAdmission, quantizeFP8, shrinkCheckpoint, shrinkCache, draftTokens,
		addReplicas, rebalance, removeReplicas, stickToPrefixes}
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

// answering returns the findings among the kinds, in the order of severity.
func (in Input) answering(kinds ...serving.BottleneckKind) []serving.BottleneckKind {
	var out []serving.BottleneckKind
	for _, b := range in.Bottlenecks {
		if slices.Contains(kinds, b.Kind) {
			out = append(out, b.Kind)
		}
	}
	return out
}

// withReason ties a recommendation to the findings that call for it.
func (s scope) withReason(r serving.Recommendation, text string, kinds ...serving.BottleneckKind) serving.Recommendation {
	r.Rationale, r.For = s.because(text, kinds...), s.answering(kinds...)
	return r
}

// published is the effect that measurements of others suggest.
func published(low, high float64, source string) serving.Effect {
	return serving.Effect{ThroughputLow: low, ThroughputHigh: high, Basis: "published measurements: " + source}
}

// smallestGain is the predicted gain below which a change is not worth a
// sentence: a third of the model's error on ratios.
const smallestGain = 0.03

// idOf names a recommendation by its family, the flag and the value if any.
func idOf(family serving.Family, flag, value string) string {
	id := string(family) + "/" + strings.TrimLeft(flag, "-")
	if value != "" {
		id += "-" + value
	}
	return id
}
