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
