package diagnosis

import "github.com/optiinfra/performance-agent/internal/serving"

// tgiConditions are planted in TGI 3.3. It refuses beyond 128 requests by
// default, so plants that need a queue raise that limit.
func tgiConditions() []Condition {
	out := append(tgiMemory(), tgiScheduling()...)
	out = append(out, tgiSteps()...)
	out = append(out, tgiLoad()...)
	return append(out, tgiHealthy())
}

func tgiMemory() []Condition {
	return []Condition{
		{Name: "starved-card", Engine: serving.TGI, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "engines.md 4: TGI reserves up front, so shortage shows as a queue and never as preemption; levers.md C: KV-bound",
			Plants: []Plant{
				on(llama8B, "L4", "--max-concurrent-requests", "1000").chat().load(1.3).within(slos(5, 0.4)),
				on(qwen8B, "RTX 4090", "--max-concurrent-requests", "1000").sized(1000, 400).load(1.3).within(slos(5, 0.4)),
				on(qwen14B, "L40S", "--max-concurrent-requests", "1000").sized(3000, 800).load(1.3).within(slos(5, 0.5)),
			}},
		{Name: "small-memory-share", Engine: serving.TGI, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "engines.md 2c: --cuda-memory-fraction caps the memory; levers.md C: the first lever of KV-bound is the share",
			Plants: []Plant{
				on(llama8B, "H100", "--cuda-memory-fraction", "0.35", "--max-concurrent-requests", "1000").sized(2000, 500).load(1.3).within(slos(2, 0.2)),
				on(qwen8B, "A100-80", "--cuda-memory-fraction", "0.35", "--max-concurrent-requests", "1000").sized(2000, 500).load(1.3).within(slos(2, 0.3)),
				on(qwen14B, "H200", "--cuda-memory-fraction", "0.3", "--max-concurrent-requests", "1000").sized(2000, 600).load(1.3).within(slos(2, 0.2)),
			}},
		{Name: "long-contexts", Engine: serving.TGI, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "levers.md A: FP8 KV where capacity binds; engines.md 2e: long-prompt contention for KV",
			Plants: []Plant{
				on(llama8B, "L40S", "--max-concurrent-requests", "1000").sized(6000, 2500).load(1.3).within(slos(10, 0.5)),
				on(qwen14B, "H100", "--max-concurrent-requests", "1000").sized(6000, 3000).load(1.3).within(slos(10, 0.5)),
			}},
		{Name: "generous-max-tokens", Engine: serving.TGI, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "engines.md 4: full prompt + max_new_tokens is reserved, so clients that ask for more than comes starve the cache",
			Plants: []Plant{
				on(llama8B, "L40S", "--max-concurrent-requests", "1000").sized(1000, 300).asking(8).load(1).within(slos(3, 0.3)),
				on(qwen8B, "L40S", "--max-concurrent-requests", "1000").sized(1000, 300).asking(8).load(1).within(slos(3, 0.3)),
			}},
	}
}

func tgiScheduling() []Condition {
	return []Condition{
		{Name: "low-admission", Engine: serving.TGI, Finding: serving.BottleneckErrors, Family: serving.FamilyBatching,
			Why: "engines.md 2c: above --max-concurrent-requests 429 overloaded, must be raised; the GPU has room",
			Plants: []Plant{
				on(llama8B, "H100", "--max-concurrent-requests", "8").chat().load(1.5).within(slos(2, 0.2)),
				on(qwen8B, "A100-80", "--max-concurrent-requests", "16").chat().load(1.5).within(slos(2, 0.3)),
				on(mistral7, "L40S", "--max-concurrent-requests", "8").chat().load(1.5).within(slos(2, 0.3)),
			}},
		{Name: "small-budget", Engine: serving.TGI, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyBatching,
			Why: "engines.md 2c: --max-batch-prefill-tokens is TTFT against decode stalls; levers.md C: TTFT grows, TPOT fine, KV low",
			Plants: []Plant{
				on(llama8B, "H100", "--max-batch-prefill-tokens", "256", "--max-concurrent-requests", "1000").sized(3500, 60).load(0.5).within(slos(0.2, 0.5)),
				on(qwen14B, "H200", "--max-batch-prefill-tokens", "256", "--max-concurrent-requests", "1000").sized(4000, 60).load(0.5).within(slos(0.3, 0.5)),
			}},
		{Name: "large-budget", Engine: serving.TGI, Finding: serving.BottleneckInterference, Family: serving.FamilyBatching,
			Why: "engines.md 2c: prefill size against decode stalls; levers.md C: prefill interference, a smaller budget",
			Plants: []Plant{
				on(llama8B, "H100", "--max-batch-prefill-tokens", "32768").sized(8000, 250).load(0.5).within(slos(5, 0.02)),
				on(qwen8B, "A100-80", "--max-batch-prefill-tokens", "16384").sized(6000, 250).load(0.5).within(slos(10, 0.04)),
			}},
	}
}

func tgiSteps() []Condition {
	return []Condition{
		{Name: "eager", Engine: serving.TGI, Finding: serving.BottleneckHostOverhead, Family: serving.FamilyCUDAGraphs,
			Why: "levers.md C: TPOT flat at L x 0.3 to 0.6 ms is launch-bound: graphs",
			Plants: []Plant{
				on(llama8B, "H100", "--cuda-graphs", "0").sized(200, 300).rate(1).within(slos(1, 0.0125)),
				on(qwen14B, "H200", "--cuda-graphs", "0").sized(300, 300).rate(1).within(slos(1, 0.015)),
				on(qwen7B, "A100-80", "--cuda-graphs", "0").sized(200, 300).rate(0.7).within(slos(1, 0.0125)),
			}},
		{Name: "batch-beyond-graphs", Engine: serving.TGI, Finding: serving.BottleneckHostOverhead, Family: serving.FamilyCUDAGraphs,
			Why: "engines.md 2c: batches over 32 run without graphs by default",
			Plants: []Plant{
				on(llama8B, "H100", "--cuda-graphs", "1,2,4,8", "--max-concurrent-requests", "1000").sized(200, 400).rate(3).within(slos(1, 0.0125)),
				on(qwen14B, "H200", "--cuda-graphs", "1,2,4", "--max-concurrent-requests", "1000").sized(200, 400).rate(2).within(slos(1, 0.015)),
			}},
		{Name: "sixteen-bits", Engine: serving.TGI, Finding: serving.BottleneckDecodeBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TPOT = weight bytes / bandwidth at a small batch is memory-bound: quantization",
			Plants: []Plant{
				on(llama8B, "L40S").sized(300, 300).rate(0.5).within(slos(2, 0.02)),
				on(qwen32B, "H100").sized(300, 300).rate(0.3).within(slos(2, 0.02)),
				on(llama8B, "L4").sized(200, 200).rate(0.1).within(slos(3, 0.05)),
			}},
		{Name: "bitsandbytes", Engine: serving.TGI, Finding: serving.BottleneckDecodeBound, Family: serving.FamilyQuantization,
			Why: "levers.md A: bitsandbytes loses 43 to 59%, by its kernels; engines.md 2e: EETQ as a drop-in",
			Plants: []Plant{
				on(llama8B, "H100", "--quantize", "bitsandbytes").chat().rate(1.5).within(slos(2, 0.0125)),
				on(qwen7B, "A100-80", "--quantize", "bitsandbytes").chat().rate(1).within(slos(2, 0.0125)),
			}},
		{Name: "long-prompts", Engine: serving.TGI, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TTFT grows, TPOT fine, KV low; the budget is large, so FP8 is next",
			Plants: []Plant{
				on(llama8B, "H100").sized(8000, 60).load(0.15).within(slos(0.25, 1)),
				on(mistral7, "L40S").sized(6000, 60).load(0.15).within(slos(0.45, 1)),
			}},
	}
}

func tgiLoad() []Condition {
	return []Condition{
		{Name: "overload-16-bits", Engine: serving.TGI, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyQuantization,
			Why: "levers.md A and B: at saturation with free KV, FP8 gives 1.25 to 1.5x; then replicas",
			Plants: []Plant{
				on(llama8B, "H100", "--max-concurrent-requests", "5000").sized(3000, 20).load(1.3).within(slos(1, 1)),
				on(qwen14B, "H200", "--max-concurrent-requests", "5000").sized(3000, 20).load(1.3).within(slos(1, 1)),
			}},
		{Name: "overload-tuned", Engine: serving.TGI, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyReplicas,
			Why: "levers.md C: prefill-bound with FP8 and nothing shared leaves more replicas",
			Plants: []Plant{
				on(llama8B, "H100", "--quantize", "fp8", "--kv-cache-dtype", "fp8_e4m3fn", "--max-concurrent-requests", "5000").sized(3000, 20).load(1.3).within(slos(1, 1)),
				on(qwen8B, "H200", "--quantize", "fp8", "--kv-cache-dtype", "fp8_e4m3fn", "--max-concurrent-requests", "5000").sized(4000, 20).load(1.3).within(slos(1, 1)),
			}},
		{Name: "drafts-at-load", Engine: serving.TGI, Finding: serving.BottleneckSpeculation, Family: serving.FamilySpeculation,
			Why: "levers.md A: speculation at high load is 1.4 to 1.8x slower; order of moves: only below 16 to 32 a GPU",
			Plants: []Plant{
				on(llama8B, "H100", "--speculate", "4", "--cuda-graphs", "1,2,4,8,16,32,64,128,256").chat().load(0.7).within(slos(2, 0.3)),
				on(qwen8B, "A100-80", "--speculate", "4", "--cuda-graphs", "1,2,4,8,16,32,64,128,256").chat().load(0.7).within(slos(2, 0.3)),
			}},
		{Name: "faults", Engine: serving.TGI, Finding: serving.BottleneckErrors, Family: NoFamily,
			Why: "DESIGN.md 7: error rate; no flag mends a fault, someone must look",
			Plants: []Plant{
				on(llama8B, "H100").failing(0.06).chat().rate(2).within(slos(2, 0.2)),
				on(qwen8B, "A100-80").failing(0.1).chat().rate(1.5).within(slos(2, 0.3)),
			}},
		{Name: "skewed-router", Engine: serving.TGI, Finding: serving.BottleneckImbalance, Family: serving.FamilyReplicas,
			Why: "DESIGN.md 7: imbalance between replicas; no flag of the engine changes what the router does",
			Plants: []Plant{
				on(llama8B, "H100").chat().rate(3).replicas(2, 0.9).within(slos(1, 0.2)),
				on(mistral7, "L40S").chat().rate(1.2).replicas(3, 0.8).within(slos(2, 0.3)),
			}},
		{Name: "too-many-replicas", Engine: serving.TGI, Finding: serving.BottleneckOversized, Family: serving.FamilyReplicas,
			Why: "field.md 4.12: shrink while load x N/(N-1) stays well below capacity",
			Plants: []Plant{
				on(llama8B, "H100").chat().load(0.04).replicas(4, 0).within(slos(1, 0.2)),
				on(mistral7, "L40S").chat().load(0.05).replicas(3, 0).within(slos(2, 0.3)),
			}},
	}
}

func tgiHealthy() Condition {
	return Condition{Name: "healthy", Engine: serving.TGI, Finding: NoFinding, Family: NoFamily,
		Why: "a load that keeps its objectives in batches that have graphs: nothing is wrong",
		Plants: []Plant{
			on(llama8B, "H100").chat().rate(5).within(slos(1, 0.2)),
			on(qwen8B, "A100-80").chat().rate(4).replicas(2, 0).within(slos(1, 0.3)),
			on(mistral7, "L40S").sized(1500, 200).rate(1).within(slos(3, 0.5)),
		}}
}
