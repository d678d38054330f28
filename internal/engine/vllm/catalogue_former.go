package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Former flags are known so that an upgrade that carries them along is refused
// with a reason before the engine refuses it with a usage text. Removed is the
// first release without the flag, or the first that can be without it where the
// releases between were not seen (0.21).
func formerParameters() []engine.Parameter {
	former := func(flag string, kind engine.ParameterType, family serving.Family, removed, text string) engine.Parameter {
		return engine.Parameter{Flag: flag, Type: kind, Family: family, Removed: removed, Default: "",
			Risk: serving.RiskCheap, Source: srcArgs, Description: text}
	}
	return []engine.Parameter{
		former("--swap-space", engine.Float, serving.FamilyKVCache, "0.18.0", "Host memory for swapped requests, GiB per GPU; without effect since the V1 engine, which recomputes instead."),
		former("--calculate-kv-scales", engine.Bool, serving.FamilyKVCache, "0.21", "Scales of an FP8 KV cache from the first requests; calibrate the checkpoint instead."),
		former("--num-scheduler-steps", engine.Int, serving.FamilyBatching, "0.10.1", "Several steps per schedule in the V0 engine; --async-scheduling has its place."),
		former("--scheduler-delay-factor", engine.Float, serving.FamilyBatching, "0.11.0", "Delay before a prompt is scheduled, V0 only."),
		former("--preemption-mode", engine.String, serving.FamilyKVCache, "0.11.0", "Swap or recompute; the V1 engine always recomputes."),
		former("--max-num-partial-prefills", engine.Int, serving.FamilyBatching, "0.21", "Long prompts that are prefilled side by side; see --long-prefill-token-threshold."),
		former("--max-long-partial-prefills", engine.Int, serving.FamilyBatching, "0.21", "Of those, how many may be long; see --long-prefill-token-threshold."),
		severalWords(former("--cuda-graph-sizes", engine.Int, serving.FamilyCUDAGraphs, "0.13.0", "Now --cudagraph-capture-sizes.")),
		former("--max-seq-len-to-capture", engine.Int, serving.FamilyCUDAGraphs, "0.11.0", "Longest sequence in a graph, V0 only."),
		former("--num-lookahead-slots", engine.Int, serving.FamilySpeculation, "0.11.2", "Slots for speculation, V0 only."),
		former("--use-v2-block-manager", engine.Bool, serving.FamilyKVCache, "0.10.0", "The only block manager since 0.6."),
		former("--speculative-model", engine.String, serving.FamilySpeculation, "0.8.5", "Now the key model of --speculative-config."),
		former("--num-speculative-tokens", engine.Int, serving.FamilySpeculation, "0.8.5", "Now the key num_speculative_tokens of --speculative-config."),
	}
}

func severalWords(p engine.Parameter) engine.Parameter {
	p.Multiple = true
	return p
}
