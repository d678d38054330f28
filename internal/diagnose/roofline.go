package diagnose

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// predictedStep is what the performance model expects of a decode step at the
// observed batch and context, and the part of it that reads the KV cache. ok is
// false when the fleet is not modelled or its lengths are not known.
func (f facts) predictedStep() (seconds, cachePart float64, ok bool) {
	batch, known := f.batch.Get()
	context, measured := f.context().Get()
	if f.settings.model == nil || !known || !measured || batch <= 0 {
		return 0, 0, false
	}
	n := max(int(math.Round(batch)), 1)
	whole := f.settings.model.StepSeconds(perfmodel.Batch{Decodes: n, DecodeContextTokens: int(context) * n})
	without := f.settings.model.StepSeconds(perfmodel.Batch{Decodes: n, DecodeContextTokens: n})
	return whole, (whole - without) / whole, true
}

// context is the mean number of tokens that a decoding request has in the cache:
// its prompt and half of its answer.
func (f facts) context() serving.Measure {
	prompt, okPrompt := f.promptTokens().Get()
	output, okOutput := histogramMean(f.s.OutputLengths).Get()
	if !okOutput {
		output, okOutput = f.s.GenerationTokens.Over(f.requests).Get()
	}
	if !okPrompt || !okOutput {
		return serving.Unknown()
	}
	return serving.Known(prompt + output/2)
}

// promptTokens is the mean length of a prompt.
func (f facts) promptTokens() serving.Measure {
	if mean := histogramMean(f.s.PromptLengths); mean.IsKnown() {
		return mean
	}
	return f.s.PromptTokens.Over(f.requests)
}

// computeFull is the part of the time that prompts need on the GPU from which
// they, and not the memory for requests, limit what is served. An engine that
// puts prompts first then starves its running requests, which fill slots and
// cache while they wait for a step. A host reaches 60 to 100% of the model, so at
// the least of these it is full at 0.6 of what the model says.
const computeFull = 0.6

// prefillLoad is the part of the time that the observed prompts take a replica,
// by the performance model; unknown where the fleet is not modelled.
func (f facts) prefillLoad() serving.Measure {
	rate, timed := f.s.PerSecond(f.requests).Get()
	prompt, measured := f.promptTokens().Get()
	if f.settings.model == nil || !timed || !measured || prompt < 1 {
		return serving.Unknown()
	}
	computed := prompt * (1 - f.s.PrefixHitRate().Or(0))
	chunk := int(math.Min(math.Max(prompt, 1), f.settings.budget().Or(prompt)))
	each := f.settings.model.StepSeconds(perfmodel.Batch{Prefills: []perfmodel.Chunk{{New: chunk}}}) / float64(chunk)
	return serving.Known(rate / float64(f.replicas()) * computed * each)
}

func (f facts) computeSaturated() bool { return f.prefillLoad().Or(0) >= computeFull }
