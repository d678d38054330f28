package propose

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// raiseShare gives the KV cache the memory that lies idle.
func raiseShare(s scope) []idea {
	now := s.share()
	if s.d.KVSize.Set(s.cfg) != "" || !s.d.MemoryShare.Exists() || now >= s.d.Share.Greatest {
		return nil
	}
	_, pressed := s.finding(serving.BottleneckKVPressure)
	needed := now < s.d.Share.Wasteful || pressed
	if !needed && !s.forecast.modelled() {
		return nil
	}
	target := s.d.Share.Usual
	if now >= s.d.Share.Usual-0.02 || pressed {
		target = s.d.Share.Greatest
	}
	flag := s.d.MemoryShare.Spelling(s.cfg)
	changes := []serving.FlagChange{set(s.cfg, flag, hundredths(target))}
	if target >= 1 { // all of it is what the engine takes by itself
		changes = unsetAll(s.cfg, flag)
	}
	before, after := s.blocks(s.cfg), s.blocks(Apply(s.cfg, changes))
	rationale := fmt.Sprintf("%.0f%% of the GPU's memory is not given to the engine", (1-now)*100)
	if before > 0 {
		rationale += fmt.Sprintf("; the KV cache would grow from %d to %d blocks", before, after)
	}
	return []idea{{
		needed:    needed,
		published: published(1.0, 1.7, "0.80 to 0.90 on a starved 24 GB card, 0.90 to 0.95 20% more cache"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyKVCache, flag, hundredths(target)), Family: serving.FamilyKVCache, Risk: serving.RiskCheap,
			Title:         fmt.Sprintf("Give the engine %.0f%% of the GPU's memory instead of %.0f%%", target*100, now*100),
			Changes:       changes,
			Mechanism:     "What the share allows beyond weights and activations becomes KV cache: more requests at once, fewer preemptions, and shared prefixes stay longer.",
			WrongIf:       "another process uses the GPU (the engine then runs out of memory), or the cache was never full (then nothing changes)",
			Prerequisites: []string{"nothing else runs on the GPU"},
		}, rationale, serving.BottleneckKVPressure),
	}}
}

// freeCacheSize drops a size of the KV cache that was stated and is too small.
func freeCacheSize(s scope) []idea {
	flag := s.d.KVSize.Set(s.cfg)
	_, pressed := s.finding(serving.BottleneckKVPressure)
	if flag == "" || !pressed {
		return nil
	}
	changes := unsetAll(s.cfg, flag)
	before, after := s.blocks(s.cfg), s.blocks(Apply(s.cfg, changes))
	if before > 0 && after <= before {
		return nil
	}
	rationale := flag + " fixes the size of the KV cache"
	if before > 0 {
		rationale += fmt.Sprintf("; left to the engine it would grow from %d to %d blocks", before, after)
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 1.7, "0.80 to 0.90 of the memory on a starved 24 GB card"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyKVCache, "remove-"+flag[len("--"):], ""), Family: serving.FamilyKVCache, Risk: serving.RiskCheap,
			Title:         "Let the engine size the KV cache: remove " + flag,
			Changes:       changes,
			Mechanism:     "Measured at start, the cache takes all memory that weights and activations leave.",
			WrongIf:       "something else needs the memory that the flag left free",
			Prerequisites: []string{"nothing else runs on the GPU"},
		}, rationale, serving.BottleneckKVPressure),
	}}
}

// shrinkCache stores keys and values in 8 bits.
func shrinkCache(s scope) []idea {
	v, set8 := s.cfg.Get(s.d.KVType.Flag)
	if s.d.KVType.Flag == "" || set8 && !slices.Contains(s.d.KVType.Native, v) || !s.gpu.HasFP8 {
		return nil
	}
	_, pressed := s.finding(serving.BottleneckKVPressure)
	if !pressed && !s.forecast.modelled() {
		return nil
	}
	return []idea{{
		needed:    pressed,
		published: published(0.94, 1.5, "1.0x on short chats, 1.15x at 20k tokens, 1.5x on a starved card"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "kv-cache/fp8", Family: serving.FamilyKVCache, Risk: serving.RiskNumerics,
			Title:         "Store the KV cache in FP8",
			Changes:       []serving.FlagChange{set(s.cfg, s.d.KVType.Flag, s.d.KVType.FP8)},
			Mechanism:     "Half the bytes for each token: twice the tokens fit, and decode attention reads half as much.",
			WrongIf:       "contexts are short and the cache is not full (break-even near 7000 tokens for one stream), the engine is older than vLLM 0.19 or its attention backend does not fuse the conversion (slow kernels), or recall over long contexts suffers (94 to 98% recovered in published tests)",
			Prerequisites: []string{"the quality gate passes"},
		}, fmt.Sprintf("with contexts of about %.0f tokens the cache is a large part of what a step reads or of what fits", s.Workload.PromptTokens.Mean+s.Workload.OutputTokens.Mean),
			serving.BottleneckKVPressure, serving.BottleneckDecodeBound),
	}}
}

// share is the present share of memory: what is set, else what the model takes
// for the default, else the usual one.
func (s scope) share() float64 {
	if v, ok := s.d.MemoryShare.In(s.cfg, s.Snapshot.Revealed).Get(); ok {
		return v
	}
	if s.settings.GPUMemoryUtilization > 0 {
		return s.settings.GPUMemoryUtilization
	}
	return s.d.Share.Usual
}

// blocks is the predicted size of the KV cache; 0 when unknown.
func (s scope) blocks(cfg serving.EngineConfig) int {
	m, err := perfmodel.New(cfg, s.Fleet.Hardware)
	if err != nil {
		return 0
	}
	return m.KVBlocks()
}
