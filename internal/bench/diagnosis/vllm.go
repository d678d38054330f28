package diagnosis

import "github.com/optiinfra/performance-agent/internal/serving"

// vllmConditions are planted in vLLM 0.20.
func vllmConditions() []Condition {
	out := append(vllmMemory(), vllmScheduling()...)
	out = append(out, vllmSteps()...)
	out = append(out, vllmLoad()...)
	return append(out, vllmHealthy())
}

func vllmMemory() []Condition {
	return []Condition{
		{Name: "starved-card", Engine: serving.VLLM, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "levers.md C: KV usage near 1, preemptions rising, waiting > 0 is KV-bound: utilization, FP8 KV, then weights",
			Plants: []Plant{
				on(llama8B, "L4", "--max-model-len", "8192").chat().load(1.2).within(slos(5, 0.3)),
				on(llama8B, "A10G", "--max-model-len", "8192").sized(1000, 300).load(1.2).within(slos(5, 0.3)),
				on(qwen8B, "RTX 4090", "--max-model-len", "8192").sized(1000, 400).load(1.2).within(slos(5, 0.3)),
				on(qwen14B, "L40S", "--max-model-len", "16384").sized(3000, 800).load(1.2).within(slos(5, 0.3)),
			}},
		{Name: "small-memory-share", Engine: serving.VLLM, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "levers.md A: utilization .80 to .90 +72% when starved; C: the first lever of KV-bound is utilization",
			Plants: []Plant{
				on(llama8B, "H100", "--gpu-memory-utilization", "0.35", "--max-model-len", "16384").sized(2000, 500).load(1.2).within(slos(2, 0.1)),
				on(qwen8B, "A100-80", "--gpu-memory-utilization", "0.35", "--max-model-len", "16384").sized(2000, 500).load(1.2).within(slos(2, 0.2)),
				on(qwen14B, "H200", "--gpu-memory-utilization", "0.3", "--max-model-len", "16384").sized(2000, 600).load(1.2).within(slos(2, 0.1)),
			}},
		{Name: "long-contexts", Engine: serving.VLLM, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "levers.md A: FP8 KV gains when KV capacity or reading binds; C: KV-bound",
			Plants: []Plant{
				on(llama8B, "A100-80", "--max-model-len", "32768").sized(9000, 2500).load(1.2).within(slos(10, 0.3)),
				on(llama8B, "L40S", "--max-model-len", "32768").sized(6000, 2500).load(1.2).within(slos(10, 0.3)),
				on(qwen14B, "H100", "--max-model-len", "32768").sized(6000, 3000).load(1.2).within(slos(10, 0.3)),
			}},
	}
}

func vllmScheduling() []Condition {
	return []Condition{
		{Name: "few-slots", Engine: serving.VLLM, Finding: serving.BottleneckSlotBound, Family: serving.FamilyBatching,
			Why: "levers.md C: running = max_num_seqs, waiting > 0, KV usage low: the cap is too small",
			Plants: []Plant{
				on(llama8B, "H100", "--max-num-seqs", "8").chat().load(1.3).within(slos(1, 0.05)),
				on(qwen7B, "A100-80", "--max-num-seqs", "16").chat().load(1.3).within(slos(1, 0.1)),
				on(qwen14B, "H200", "--max-num-seqs", "32").sized(1200, 300).load(1.2).within(slos(1, 0.08)),
				on(mistral7, "L40S", "--max-num-seqs", "8").sized(400, 300).load(1.3).within(slos(1, 0.1)),
			}},
		{Name: "small-budget", Engine: serving.VLLM, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyBatching,
			Why: "engines.md 1e: TTFT too high: larger max_num_batched_tokens; levers.md C: TTFT grows, TPOT fine, KV low",
			Plants: []Plant{
				on(llama8B, "H100", "--max-num-batched-tokens", "256", "--max-num-seqs", "128").sized(3500, 100).load(0.7).within(slos(0.2, 0.05)),
				on(qwen8B, "H200", "--max-num-batched-tokens", "256", "--max-num-seqs", "128").sized(4000, 100).load(0.7).within(slos(0.2, 0.05)),
				on(qwen14B, "H100", "--max-num-batched-tokens", "512", "--max-num-seqs", "128").sized(5000, 100).load(0.6).within(slos(0.4, 0.08)),
			}},
		{Name: "whole-prompts", Engine: serving.VLLM, Finding: serving.BottleneckInterference, Family: serving.FamilyChunkedPrefill,
			Why: "levers.md C: ITL p99 far above the median is prefill interference: chunked prefill; A: Sarathi 2.6x under a TBT objective",
			Plants: []Plant{
				on(llama8B, "H100", "--no-enable-chunked-prefill", "--max-model-len", "16384").sized(6000, 250).load(0.45).within(tail(3, 0.08)),
				on(qwen7B, "A100-80", "--no-enable-chunked-prefill", "--max-model-len", "16384").sized(4000, 250).load(0.45).within(tail(3, 0.15)),
				on(qwen14B, "H200", "--no-enable-chunked-prefill", "--max-model-len", "16384").sized(5000, 250).load(0.45).within(tail(3, 0.1)),
			}},
		{Name: "large-budget", Engine: serving.VLLM, Finding: serving.BottleneckInterference, Family: serving.FamilyBatching,
			Why: "levers.md A: H100 T 512 to 8192 ITL p99 19 to 180 ms; C: a smaller token budget",
			Plants: []Plant{
				on(llama8B, "H100", "--max-num-batched-tokens", "16384", "--max-model-len", "32768").sized(8000, 250).load(0.45).within(tail(3, 0.08)),
				on(qwen8B, "A100-80", "--max-num-batched-tokens", "8192", "--max-model-len", "32768").sized(6000, 250).load(0.45).within(tail(5, 0.15)),
				on(mistral7, "L40S", "--max-num-batched-tokens", "8192", "--max-model-len", "16384").sized(5000, 250).load(0.45).within(tail(5, 0.2)),
			}},
		{Name: "caching-off", Engine: serving.VLLM, Finding: serving.BottleneckLowPrefixReuse, Family: serving.FamilyPrefixCaching,
			Why: "levers.md A: 2.89x at 75% hits; B.4: shared-prefix traffic with caching off",
			Plants: []Plant{
				on(llama8B, "H100", "--no-enable-prefix-caching").sized(4000, 200).load(0.8).sharing(0.75, 4).within(slos(0.5, 0.2)),
				on(qwen8B, "A100-80", "--no-enable-prefix-caching", "--max-model-len", "16384").sized(3000, 150).load(1.1).sharing(0.6, 6).within(slos(1, 0.3)),
				on(mistral7, "L40S", "--no-enable-prefix-caching", "--max-model-len", "16384").sized(2000, 150).load(0.8).sharing(0.7, 3).within(slos(1, 0.3)),
			}},
	}
}

func vllmSteps() []Condition {
	return []Condition{
		{Name: "eager", Engine: serving.VLLM, Finding: serving.BottleneckHostOverhead, Family: serving.FamilyCUDAGraphs,
			Why: "levers.md C: TPOT flat against the batch at L x 0.3 to 0.6 ms is launch-bound: graphs",
			Plants: []Plant{
				on(llama8B, "H100", "--enforce-eager").sized(200, 300).rate(1).within(slos(1, 0.0125)),
				on(qwen14B, "H200", "--enforce-eager").sized(300, 300).rate(1).within(slos(1, 0.015)),
				on(qwen7B, "A100-80", "--enforce-eager").sized(200, 300).rate(0.7).within(slos(1, 0.0125)),
			}},
		{Name: "sixteen-bits", Engine: serving.VLLM, Finding: serving.BottleneckDecodeBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TPOT = weight bytes / bandwidth at a small batch is memory-bound: quantization",
			Plants: []Plant{
				on(llama8B, "L40S").sized(300, 300).rate(0.5).within(slos(2, 0.02)),
				on(qwen32B, "H100", "--max-model-len", "8192").sized(300, 300).rate(0.3).within(slos(2, 0.02)),
				on(llama8B, "L4", "--max-model-len", "8192").sized(200, 200).rate(0.1).within(slos(3, 0.05)),
				on(qwen14B, "A100-80").sized(300, 300).rate(0.4).within(slos(2, 0.015)),
			}},
		{Name: "forced-kernels", Engine: serving.VLLM, Finding: serving.BottleneckDecodeBound, Family: serving.FamilyQuantization,
			Why: "levers.md A: --quantization gptq disables Marlin; removing it gives back 1.5 to 1.7x",
			Plants: []Plant{
				on(gptq8B, "H100", "--quantization", "gptq").chat().load(0.75).within(slos(3, 0.02)),
				on(gptq8B, "A100-80", "--quantization", "gptq").chat().load(0.75).within(slos(3, 0.03)),
			}},
		{Name: "long-prompts", Engine: serving.VLLM, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TTFT grows, TPOT fine, KV low is prefill-bound; nothing is shared and the budget is large, so FP8 is next",
			Plants: []Plant{
				on(llama8B, "H100", "--max-model-len", "65536").sized(16000, 100).load(0.2).within(slos(0.4, 0.5)),
				on(mistral7, "L40S", "--max-model-len", "32768", "--max-num-batched-tokens", "8192").sized(8000, 100).load(0.2).within(slos(0.6, 1)),
				on(qwen14B, "H200", "--max-model-len", "40960").sized(12000, 100).load(0.2).within(slos(0.5, 0.5)),
			}},
	}
}

func vllmLoad() []Condition {
	return []Condition{
		{Name: "overload-16-bits", Engine: serving.VLLM, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyQuantization,
			Why: "levers.md A and B: at saturation with free KV, FP8 gives 1.25 to 1.5x where nothing is shared; then replicas",
			Plants: []Plant{
				on(llama8B, "H100").sized(3000, 30).load(1.3).within(slos(1, 0.5)),
				on(mistral7, "L40S", "--max-model-len", "16384").sized(2000, 25).load(1.3).within(slos(2, 1)),
				on(qwen14B, "H200").sized(3000, 30).load(1.3).within(slos(1, 0.5)),
			}},
		{Name: "overload-tuned", Engine: serving.VLLM, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyReplicas,
			Why: "levers.md C: prefill-bound with FP8, a large budget and nothing shared leaves more replicas",
			Plants: []Plant{
				on(llama8B, "H100", "--quantization", "fp8", "--kv-cache-dtype", "fp8").sized(3000, 30).load(1.35).within(slos(1, 0.5)),
				on(qwen8B, "H200", "--quantization", "fp8", "--kv-cache-dtype", "fp8").sized(4000, 30).load(1.35).within(slos(1, 0.5)),
				on(mistral7, "L40S", "--quantization", "fp8", "--kv-cache-dtype", "fp8", "--max-model-len", "16384", "--max-num-batched-tokens", "8192").sized(2000, 25).load(1.35).within(slos(2, 1)),
			}},
		{Name: "drafts-at-load", Engine: serving.VLLM, Finding: serving.BottleneckSpeculation, Family: serving.FamilySpeculation,
			Why: "levers.md A: speculation at high load is 1.4 to 1.8x slower; order of moves: only below 16 to 32 a GPU",
			Plants: []Plant{
				on(llama8B, "H100", "--speculative-config", `{"method":"ngram","num_speculative_tokens":4}`).chat().load(0.7).within(slos(2, 0.5)),
				on(qwen8B, "A100-80", "--max-model-len", "16384", "--speculative-config", `{"method":"ngram","num_speculative_tokens":4}`).chat().load(0.7).within(slos(2, 0.5)),
			}},
		{Name: "faults", Engine: serving.VLLM, Finding: serving.BottleneckErrors, Family: NoFamily,
			Why: "DESIGN.md 7: error rate; no flag mends a fault, someone must look",
			Plants: []Plant{
				on(llama8B, "H100").failing(0.06).chat().load(0.3).within(slos(2, 0.2)),
				on(qwen8B, "A100-80", "--max-model-len", "16384").failing(0.1).chat().load(0.3).within(slos(2, 0.3)),
				on(mistral7, "L40S").failing(0.05).chat().load(0.3).within(slos(2, 0.3)),
			}},
		{Name: "skewed-router", Engine: serving.VLLM, Finding: serving.BottleneckImbalance, Family: serving.FamilyReplicas,
			Why: "DESIGN.md 7: imbalance between replicas; no flag of the engine changes what the router does",
			Plants: []Plant{
				on(llama8B, "H100").chat().load(0.55).replicas(2, 0.9).within(slos(1, 0.2)),
				on(qwen8B, "A100-80", "--max-model-len", "16384").chat().load(0.4).replicas(3, 0.75).within(slos(1, 0.3)),
				on(mistral7, "L40S").chat().load(0.6).replicas(2, 0.88).within(slos(2, 0.3)),
			}},
		{Name: "too-many-replicas", Engine: serving.VLLM, Finding: serving.BottleneckOversized, Family: serving.FamilyReplicas,
			Why: "field.md 4.12: shrink while load x N/(N-1) stays well below capacity",
			Plants: []Plant{
				on(llama8B, "H100").chat().load(0.05).replicas(4, 0).within(slos(1, 0.1)),
				on(qwen14B, "H200").chat().load(0.05).replicas(2, 0).within(slos(1, 0.1)),
				on(mistral7, "L40S").chat().load(0.06).replicas(3, 0).within(slos(2, 0.2)),
			}},
	}
}

func vllmHealthy() Condition {
	return Condition{Name: "healthy", Engine: serving.VLLM, Finding: NoFinding, Family: NoFamily,
		Why: "half of the load that keeps its objectives, current defaults: nothing is wrong",
		Plants: []Plant{
			on(llama8B, "H100").chat().load(0.5).within(slos(1, 0.2)),
			on(llama8B, "H100", "--quantization", "fp8", "--kv-cache-dtype", "fp8").chat().load(0.5).replicas(2, 0).within(slos(1, 0.2)),
			on(qwen8B, "A100-80", "--max-model-len", "16384").chat().load(0.5).replicas(2, 0).within(slos(1, 0.3)),
			on(mistral7, "L40S", "--max-model-len", "16384").sized(1500, 200).load(0.4).within(slos(3, 0.5)),
			on(qwen14B, "H200").sized(2000, 300).load(0.5).sharing(0.5, 4).within(slos(2, 0.3)),
		}}
}
