package propose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	flagSlots     = "--max-num-seqs"
	flagBudget    = "--max-num-batched-tokens"
	flagChunked   = "--enable-chunked-prefill"
	flagNoChunked = "--no-enable-chunked-prefill"
	flagAsync     = "--async-scheduling"
	flagNoAsync   = "--no-async-scheduling"
)

// raiseSlots looks for the number of concurrent requests that the model likes
// best. More slots fill steps that are bound by weight reading; too many only
// cost memory and preemption.
func raiseSlots(s scope) []idea {
	if !s.forecast.modelled() {
		return nil
	}
	now := s.settings.MaxNumSeqs
	values := within([]int{32, 64, 128, 256, 512, 1024}, now, s.mendedBudget())
	value, gain := s.forecast.best(s.mended, values, withNumber(flagSlots))
	if value == 0 || gain < 1+smallestGain {
		return nil
	}
	return []idea{{recommendation: serving.Recommendation{
		ID: "batching/max-num-seqs-" + count(value), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
		Title:     fmt.Sprintf("Let %d requests run at once instead of %d", value, now),
		Changes:   []serving.FlagChange{set(s.cfg, flagSlots, count(value))},
		Mechanism: "A decode step reads all weights whatever the batch, so tokens a second grow almost in proportion to the requests in it until the step becomes compute-bound or the KV cache is full.",
		Rationale: s.because(fmt.Sprintf("%d slots are fewer than the GPU can serve within the objectives", now), serving.BottleneckSlotBound, serving.BottleneckQueueSaturated),
		WrongIf:   "the KV cache fills (usage near 1, preemptions rise) or ITL breaks its objective before the slots are used",
	}}}
}

// tuneBudget looks for the token budget of a step: small ones keep ITL even,
// large ones start long prompts sooner.
func tuneBudget(s scope) []idea {
	if !s.forecast.modelled() {
		return nil
	}
	now := s.settings.MaxNumBatchedTokens
	values := slices.DeleteFunc([]int{8192, 4096, 2048, 16384, 1024}, func(v int) bool { return v == now || v < s.settings.MaxNumSeqs })
	value, gain := s.forecast.best(s.mended, values, withNumber(flagBudget))
	if value == 0 || gain < 1+smallestGain {
		return nil
	}
	effect := "Prompts are computed in fewer, larger chunks: sooner first tokens, at the price of longer steps while a prompt is computed."
	if value < now {
		effect = "Prompts are computed in smaller chunks: shorter steps for everybody who is decoding, later first tokens, and less memory for activations."
	}
	return []idea{{recommendation: serving.Recommendation{
		ID: "batching/max-num-batched-tokens-" + count(value), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
		Title:     fmt.Sprintf("Set the token budget of a step to %d instead of %d", value, now),
		Changes:   []serving.FlagChange{set(s.cfg, flagBudget, count(value))},
		Mechanism: effect,
		Rationale: s.because(fmt.Sprintf("with prompts of %.0f tokens the objectives allow more load at this budget", s.Workload.PromptTokens.Mean), serving.BottleneckPrefillBound),
		WrongIf:   "prompts are shorter than assumed: then the budget is never reached and nothing changes",
	}}}
}

// allowChunks lets prompts be split over steps again.
func allowChunks(s scope) []idea {
	changes := switchOn(s, flagChunked, flagNoChunked)
	if len(changes) == 0 {
		return nil
	}
	_, stalls := s.finding(serving.BottleneckPrefillBound)
	return []idea{{
		needed:    stalls,
		published: published(1.0, 2.6, "Sarathi-Serve, up to 2.6x capacity under an objective on ITL"),
		recommendation: serving.Recommendation{
			ID: "batching/chunked-prefill", Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     "Split long prompts over several steps: chunked prefill on",
			Changes:   changes,
			Mechanism: "A prompt that must be computed whole holds up every decoding request for its whole prefill; chunks bound the wait by the token budget.",
			Rationale: s.because("chunked prefill is switched off", serving.BottleneckPrefillBound),
			WrongIf:   "prompts are short, or TTFT matters and ITL does not",
		},
	}}
}

// scheduleAhead overlaps scheduling with the GPU where the version can.
func scheduleAhead(s scope) []idea {
	changes := switchOn(s, flagAsync, flagNoAsync)
	if len(changes) == 0 && s.forecast.modelled() && !s.settings.AsyncScheduling {
		changes = []serving.FlagChange{set(s.cfg, flagAsync, "")}
	}
	if len(changes) == 0 {
		return nil
	}
	return []idea{{
		published: published(1.0, 1.16, "async scheduling, 12 to 16% on small models"),
		recommendation: serving.Recommendation{
			ID: "batching/async-scheduling", Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     "Schedule the next step while the GPU computes: async scheduling on",
			Changes:   changes,
			Mechanism: "The host plans a step while the GPU still runs the one before, so host time no longer adds to every step.",
			Rationale: s.because("scheduling is synchronous, and the GPU waits for the host between steps", serving.BottleneckHostOverhead),
			WrongIf:   "steps are long (large models, slow GPUs): host time is then a small part",
		},
	}}
}

// within keeps the values up to limit, without the present one.
func within(values []int, now, limit int) []int {
	return slices.DeleteFunc(values, func(v int) bool { return v == now || v > limit })
}

// mendedBudget is the token budget once the mistakes are mended.
func (s scope) mendedBudget() int {
	if set, err := perfmodel.SettingsOf(s.mended, s.Fleet.Hardware); err == nil {
		return set.MaxNumBatchedTokens
	}
	return s.settings.MaxNumBatchedTokens
}

func withNumber(flag string) func(serving.EngineConfig, int) serving.EngineConfig {
	return func(cfg serving.EngineConfig, v int) serving.EngineConfig { return cfg.With(flag, count(v)) }
}

// switchOn removes what switches a default-on feature off, in whichever of its
// spellings it was written.
func switchOn(s scope, flag, negation string) []serving.FlagChange {
	var out []serving.FlagChange
	if v, ok := s.cfg.Get(flag); ok && isFalse(v) {
		out = append(out, unset(s.cfg, flag))
	}
	if _, ok := s.cfg.Get(negation); ok {
		out = append(out, unset(s.cfg, negation))
	}
	return out
}
