package propose

import (
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	flagUtilization = "--gpu-memory-utilization"
	flagKVBytes     = "--kv-cache-memory-bytes"
	flagKVType      = "--kv-cache-dtype"
)

// Shares of GPU memory. Below wasteful there is room that nothing uses; usual is
// the engine's own default; greatest leaves the margin below which runs were
// slower or ran out of memory (0.98 lost 9% on an H200).
const (
	utilizationWasteful = 0.85
	utilizationUsual    = 0.92
	utilizationGreatest = 0.95
)

// raiseUtilization gives the KV cache the memory that lies idle.
func raiseUtilization(s scope) []idea {
	now := s.utilization()
	if _, fixed := s.cfg.Get(flagKVBytes); fixed || now >= utilizationGreatest {
		return nil
	}
	_, pressed := s.finding(serving.BottleneckKVPressure)
	needed := now < utilizationWasteful || pressed
	if !needed && !s.forecast.modelled() {
		return nil
	}
	target := utilizationUsual
	if now >= 0.90 || pressed {
		target = utilizationGreatest
	}
	before, after := s.blocks(s.cfg), s.blocks(s.cfg.With(flagUtilization, hundredths(target)))
	rationale := fmt.Sprintf("%.0f%% of the GPU's memory is not given to the engine", (1-now)*100)
	if before > 0 {
		rationale += fmt.Sprintf("; the KV cache would grow from %d to %d blocks", before, after)
	}
	return []idea{{
		needed:    needed,
		published: published(1.0, 1.7, "0.80 to 0.90 on a starved 24 GB card, 0.90 to 0.95 20% more cache"),
		recommendation: serving.Recommendation{
			ID: "kv-cache/gpu-memory-utilization-" + hundredths(target), Family: serving.FamilyKVCache, Risk: serving.RiskCheap,
			Title:         fmt.Sprintf("Give the engine %.0f%% of the GPU's memory instead of %.0f%%", target*100, now*100),
			Changes:       []serving.FlagChange{set(s.cfg, flagUtilization, hundredths(target))},
			Mechanism:     "What utilization allows beyond weights and activations becomes KV cache: more requests at once, fewer preemptions, and shared prefixes stay longer.",
			Rationale:     s.because(rationale, serving.BottleneckKVPressure),
			WrongIf:       "another process uses the GPU (the engine then runs out of memory), or the cache was never full (then nothing changes)",
			Prerequisites: []string{"nothing else runs on the GPU"},
		},
	}}
}

// shrinkCache stores keys and values in 8 bits.
func shrinkCache(s scope) []idea {
	if v, ok := s.cfg.Get(flagKVType); ok && v != "auto" || !s.gpu.HasFP8 {
		return nil
	}
	_, pressed := s.finding(serving.BottleneckKVPressure)
	if !pressed && !s.forecast.modelled() {
		return nil
	}
	return []idea{{
		needed:    pressed,
		published: published(0.94, 1.5, "1.0x on short chats, 1.15x at 20k tokens, 1.5x on a starved card"),
		recommendation: serving.Recommendation{
			ID: "kv-cache/fp8", Family: serving.FamilyKVCache, Risk: serving.RiskNumerics,
			Title:         "Store the KV cache in FP8",
			Changes:       []serving.FlagChange{set(s.cfg, flagKVType, "fp8")},
			Mechanism:     "Half the bytes for each token: twice the tokens fit, and decode attention reads half as much.",
			Rationale:     s.because(fmt.Sprintf("with contexts of about %.0f tokens the cache is a large part of what a step reads or of what fits", s.Workload.PromptTokens.Mean+s.Workload.OutputTokens.Mean), serving.BottleneckKVPressure, serving.BottleneckDecodeBound),
			WrongIf:       "contexts are short and the cache is not full (break-even near 7000 tokens for one stream), the engine is older than 0.19 (slow kernels), or recall over long contexts suffers (94 to 98% recovered in published tests)",
			Prerequisites: []string{"the quality gate passes"},
		},
	}}
}

// utilization is the present share, from the settings or else from the flag.
func (s scope) utilization() float64 {
	if s.forecast.modelled() {
		return s.settings.GPUMemoryUtilization
	}
	if v, ok := s.cfg.Get(flagUtilization); ok {
		if u, err := strconv.ParseFloat(v, 64); err == nil {
			return u
		}
	}
	return utilizationUsual
}

// blocks is the predicted size of the KV cache; 0 when unknown.
func (s scope) blocks(cfg serving.EngineConfig) int {
	m, err := perfmodel.New(cfg, s.Fleet.Hardware)
	if err != nil {
		return 0
	}
	return m.KVBlocks()
}
