package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// dropDrafts removes a speculation that costs more than it brings.
func dropDrafts(s scope) []idea {
	flags := s.d.Draft.Asking(s.cfg)
	if _, found := s.finding(serving.BottleneckSpeculation); !found || len(flags) == 0 {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 3.0, "speculation at load, 1.4x slower on chat and 1.8x on summaries; EAGLE offline 3.0x slower"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "speculative-decoding/disable", Family: serving.FamilySpeculation, Risk: serving.RiskNumerics,
			Title:     "Stop speculating: remove " + flags[0],
			Changes:   unsetAll(s.cfg, append(flags, s.d.DraftDetails...)...),
			Mechanism: "Every rejected draft is work for nothing; with many requests at once the step is no longer free for it. The answers stay the same: drafts are only kept where the model agrees.",
			WrongIf:   "the load of the window was unusual, and drafts are accepted or requests are few at other times",
		}, flags[0]+" is set", serving.BottleneckSpeculation),
	}}
}

// fewAtOnce is the number of requests a GPU decodes at once below which a step
// waits for weights and can check drafts for nothing (levers.md: below 16 to 32).
const fewAtOnce = 16

// draftTokens turns on the speculation that needs no second model, where the
// time between tokens is the trouble and few requests run at once.
func draftTokens(s scope) []idea {
	batch, known := s.Snapshot.Running.Over(serving.Known(float64(s.replicas()))).Get()
	perGPU := batch / float64(max(s.settings.TensorParallel, 1))
	_, slow := s.finding(serving.BottleneckDecodeBound)
	state, _ := s.d.Draft.In(s.cfg, s.Snapshot.Revealed)
	if !slow || !known || perGPU > fewAtOnce || state == dialect.On || len(s.d.DraftNGram) == 0 {
		return nil
	}
	var changes []serving.FlagChange
	for _, setting := range s.d.DraftNGram {
		changes = append(changes, set(s.cfg, setting.Flag, setting.Value))
	}
	return []idea{{
		needed:    true,
		published: published(0.9, 2.8, "at low load: a draft model 1.5x, n-gram 2.8x on summaries at 1 request a second; at load 1.4 to 1.8x slower"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "speculative-decoding/ngram", Family: serving.FamilySpeculation, Risk: serving.RiskNumerics,
			Title:     "Draft tokens from the prompt and check several in one step",
			Changes:   changes,
			Mechanism: "At a small batch a step is bound by reading the weights, so checking four tokens takes hardly longer than making one; each accepted draft saves a step. Drafts are kept only where the model agrees, so the answers do not change.",
			WrongIf:   fmt.Sprintf("outputs do not repeat their prompts (few drafts are accepted), or more than %d requests run at once on a GPU", fewAtOnce),
			Prerequisites: []string{"answers that repeat parts of their prompts: code, summaries, retrieval (a draft model fits other texts; name one to use it)",
				"the load stays low: it is measured at the fleet's own rate before it is kept"},
		}, fmt.Sprintf("%.0f requests run at once on each GPU, so a step has time to check drafts", perGPU), serving.BottleneckDecodeBound),
	}}
}
