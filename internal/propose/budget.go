package propose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tuneBudget looks for the token budget of a step: small ones keep ITL even,
// large ones start long prompts sooner.
func tuneBudget(s scope) []idea {
	now := s.budgetNow()
	if !s.d.Budget.Exists() || now == 0 {
		return nil
	}
	value, needed := s.chosenBudget(now)
	if value == 0 || value == now {
		return nil
	}
	flag := s.d.Budget.Spelling(s.cfg)
	effect, why := "Prompts are computed in fewer, larger chunks: sooner first tokens, at the price of longer steps while a prompt is computed.",
		[]serving.BottleneckKind{serving.BottleneckPrefillBound, serving.BottleneckQueueSaturated}
	from := published(1.0, 1.5, "36 to 56% more prefill throughput from 8k to 16k tokens, TTFT -36%")
	if value < now {
		effect = "Prompts are computed in smaller chunks: shorter steps for everybody who is decoding, later first tokens, and less memory for activations."
		why = []serving.BottleneckKind{serving.BottleneckInterference}
		from = published(0.95, 2.6, "Sarathi-Serve, up to 2.6x capacity under an objective on ITL; throughput within 5% above 1024 tokens")
	}
	return []idea{{
		needed: needed, published: from,
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, count(value)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Set the token budget of a step to %d instead of %d", value, now),
			Changes:   []serving.FlagChange{set(s.cfg, flag, count(value))},
			Mechanism: effect,
			WrongIf:   "prompts are shorter than assumed: then the budget is never reached and nothing changes",
		}, fmt.Sprintf("with prompts of %.0f tokens the objectives allow more load at this budget", s.Workload.PromptTokens.Mean), why...),
	}}
}

// budgetNow is the present budget, 0 when it is not known or prompts are whole.
func (s scope) budgetNow() int {
	if len(s.d.Chunking.Offending(s.cfg)) > 0 {
		return 0
	}
	if v, ok := s.d.Budget.In(s.cfg, s.Snapshot.Revealed).Get(); ok {
		return int(v)
	}
	return s.settings.MaxNumBatchedTokens
}

// chosenBudget prefers what the findings call for to what the model predicts:
// its mean gaps do not see a tail. needed says that the findings do.
func (s scope) chosenBudget(now int) (value int, needed bool) {
	values := slices.DeleteFunc([]int{8192, 4096, 2048, 16384, 1024}, func(v int) bool {
		return v == now || s.d.BudgetHoldsDecodes && v < s.explicitSlots()
	})
	if _, stalls := s.finding(serving.BottleneckInterference); stalls {
		return s.evenBudget(now), true
	}
	if s.forecast.modelled() {
		value, gain := s.forecast.best(s.mended, values, withNumber(s.d.Budget.Spelling(s.cfg)))
		if gain >= 1+smallestGain {
			return value, false
		}
	}
	_, late := s.finding(serving.BottleneckPrefillBound)
	if late && now < smallBudget && s.Workload.PromptTokens.Mean > float64(now) {
		return usualBudget, true
	}
	return 0, false
}

const (
	// smallBudget is the number of tokens below which a step's kernels wait for
	// weights instead of computing; usualBudget is the default of vLLM and SGLang
	// on large GPUs.
	smallBudget = 2048
	usualBudget = 8192
	// leastBudget is the smallest chunk that anybody recommends (Sarathi-Serve).
	leastBudget = 256
)

// explicitSlots are slots that a flag states; a default is cut by the engine.
func (s scope) explicitSlots() int { return int(s.d.Slots.Of(s.cfg).Or(0)) }

// evenBudget is the largest budget below the present one whose step, with
// everybody decoding beside it, fits the objective on ITL; a quarter of the
// present one where that cannot be predicted.
func (s scope) evenBudget(now int) int {
	least := max(leastBudget, s.explicitSlots())
	limit, stated := s.tightestITL()
	model, err := perfmodel.New(s.mended, s.Fleet.Hardware)
	if err != nil || !stated {
		return max(min(now/4, smallBudget), least)
	}
	running := int(s.Snapshot.Running.Over(serving.Known(float64(s.replicas()))).Or(0))
	context := int(s.Workload.PromptTokens.Mean + s.Workload.OutputTokens.Mean/2)
	for v := now / 2; v >= least; v /= 2 {
		step := model.StepSeconds(perfmodel.Batch{Decodes: running, DecodeContextTokens: running * context,
			Prefills: []perfmodel.Chunk{{New: max(v-running, 1)}}})
		if step <= limit {
			return v
		}
	}
	if now > least {
		return least
	}
	return 0
}

// tightestITL is the least threshold on the gap between tokens.
func (s scope) tightestITL() (seconds float64, stated bool) {
	for _, o := range s.Fleet.SLOs {
		if o.Metric == serving.MetricITL && (!stated || o.Threshold < seconds) {
			seconds, stated = o.Threshold, true
		}
	}
	return seconds, stated
}
