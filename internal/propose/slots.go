package propose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// slotFactor is by how much slots are raised where no model can say how far: the
// first step of a search, since throughput grows almost in proportion.
const slotFactor = 4

// mostSlots is the greatest default of any engine's version on large GPUs.
const mostSlots = 1024

// raiseSlots looks for the number of concurrent requests that the model likes
// best. More slots fill steps that are bound by weight reading; too many only
// cost memory and preemption.
func raiseSlots(s scope) []idea {
	now, value := s.slotsNow(), 0
	_, bound := s.finding(serving.BottleneckSlotBound)
	if !s.d.Slots.Exists() || now == 0 {
		return nil
	}
	if s.forecast.modelled() {
		var gain float64
		value, gain = s.forecast.best(s.mended, s.slotValues(now), withNumber(s.d.Slots.Spelling(s.cfg)))
		if value == 0 || gain < 1+smallestGain {
			return nil
		}
	} else if bound && now < mostSlots {
		value = min(slotFactor*now, mostSlots)
	}
	if value == 0 {
		return nil
	}
	flag := s.d.Slots.Spelling(s.cfg)
	return []idea{{
		published: published(1.0, 3.0, "16 to 256 requests at once 3.0x on A100 and 3.1x on H100 (reference model), +112% on an H200 partition"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, count(value)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Let %d requests run at once instead of %d", value, now),
			Changes:   []serving.FlagChange{set(s.cfg, flag, count(value))},
			Mechanism: "A decode step reads all weights whatever the batch, so tokens a second grow almost in proportion to the requests in it until the step becomes compute-bound or the KV cache is full.",
			WrongIf:   "the KV cache fills (usage near 1, preemptions rise) or ITL breaks its objective before the slots are used",
		}, s.slotReason(value, now), serving.BottleneckSlotBound, serving.BottleneckQueueSaturated),
	}}
}

func (s scope) slotReason(value, now int) string {
	if value < now {
		return fmt.Sprintf("%d slots let more requests in than the objectives allow", now)
	}
	return fmt.Sprintf("%d slots are fewer than the GPU can serve within the objectives", now)
}

// slotsNow is the present number of slots, 0 when nothing limits or states it.
func (s scope) slotsNow() int {
	if v, ok := s.d.Slots.In(s.cfg, s.Snapshot.Revealed).Get(); ok {
		return int(v)
	}
	if s.forecast.modelled() && s.d.LeastSlots > 0 {
		return s.settings.MaxNumSeqs
	}
	return 0
}

func (s scope) slotValues(now int) []int {
	limit := mostSlots
	if s.d.BudgetHoldsDecodes {
		limit = s.mendedBudget()
	}
	return slices.DeleteFunc([]int{32, 64, 128, 256, 512, 1024}, func(v int) bool { return v == now || v > limit })
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
