package diagnosis

import "github.com/optiinfra/performance-agent/internal/serving"

// sglangConditions are planted in SGLang 0.5.15.
func sglangConditions() []Condition {
	out := append(sglangMemory(), sglangScheduling()...)
	out = append(out, sglangSteps()...)
	out = append(out, sglangLoad()...)
	return append(out, sglangHealthy())
}

func sglangMemory() []Condition {
	return []Condition{
		{Name: "starved-card", Engine: serving.SGLang, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "engines.md 4: token_usage near 1 and retractions; levers.md C: KV-bound: share, FP8 KV, weights",
			Plants: []Plant{
				on(llama8B, "L4").chat().load(1.3).within(slos(5, 0.4)),
				on(qwen8B, "RTX 4090").sized(1000, 400).load(1.3).within(slos(5, 0.4)),
				on(qwen14B, "L40S").sized(3000, 800).load(1.3).within(slos(5, 0.4)),
			}},
		{Name: "small-memory-share", Engine: serving.SGLang, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "engines.md 3e: mem-fraction-static: 10 to 20 GB left free means raise it; levers.md C: the share first",
			Plants: []Plant{
				on(llama8B, "H100", "--mem-fraction-static", "0.35").sized(2000, 500).load(1.3).within(slos(2, 0.2)),
				on(qwen8B, "A100-80", "--mem-fraction-static", "0.35").sized(2000, 500).load(1.3).within(slos(2, 0.3)),
				on(qwen14B, "H200", "--mem-fraction-static", "0.3").sized(2000, 600).load(1.3).within(slos(2, 0.2)),
			}},
		{Name: "long-contexts", Engine: serving.SGLang, Finding: serving.BottleneckKVPressure, Family: serving.FamilyKVCache,
			Why: "levers.md A: FP8 KV gains when KV capacity binds; C: KV-bound",
			Plants: []Plant{
				on(llama8B, "L40S").sized(6000, 2500).load(1.3).within(slos(10, 0.4)),
				on(qwen14B, "H100").sized(6000, 3000).load(1.3).within(slos(10, 0.4)),
			}},
	}
}

func sglangScheduling() []Condition {
	return []Condition{
		{Name: "few-slots", Engine: serving.SGLang, Finding: serving.BottleneckSlotBound, Family: serving.FamilyBatching,
			Why: "levers.md C: running at the cap, waiting > 0, KV usage low: the cap is too small",
			Plants: []Plant{
				on(llama8B, "H100", "--max-running-requests", "8").chat().load(1.3).within(slos(1, 0.1)),
				on(qwen7B, "A100-80", "--max-running-requests", "16").chat().load(1.3).within(slos(1, 0.2)),
				on(qwen14B, "H200", "--max-running-requests", "32").sized(1200, 300).load(1.2).within(slos(1, 0.2)),
			}},
		{Name: "held-back", Engine: serving.SGLang, Finding: serving.BottleneckSlotBound, Family: serving.FamilyBatching,
			Why: "engines.md 3e: usage < 0.9 with queue > 0: lower --schedule-conservativeness; DESIGN.md 7: waiting while KV is free",
			Plants: []Plant{
				on(llama8B, "L40S", "--schedule-conservativeness", "1.4").sized(600, 400).asking(8).load(1.3).within(slos(2, 0.3)),
				on(qwen8B, "L40S", "--schedule-conservativeness", "1.4").sized(600, 400).asking(8).load(1.3).within(slos(2, 0.3)),
			}},
		{Name: "small-budget", Engine: serving.SGLang, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyBatching,
			Why: "engines.md 3c: chunked-prefill-size up = TTFT and throughput on long prompts; levers.md C: TTFT grows, TPOT fine, KV low",
			Plants: []Plant{
				on(llama8B, "H100", "--chunked-prefill-size", "256").sized(3500, 60).load(0.6).within(slos(0.3, 0.5)),
				on(qwen14B, "H200", "--chunked-prefill-size", "256").sized(4000, 60).load(0.6).within(slos(0.4, 0.5)),
			}},
		{Name: "whole-prompts", Engine: serving.SGLang, Finding: serving.BottleneckInterference, Family: serving.FamilyChunkedPrefill,
			Why: "levers.md C: ITL p99 far above the median is prefill interference: chunked prefill",
			Plants: []Plant{
				on(llama8B, "H100", "--chunked-prefill-size", "-1").sized(6000, 250).load(0.45).within(tail(3, 0.08)),
				on(qwen7B, "A100-80", "--chunked-prefill-size", "-1").sized(4000, 250).load(0.45).within(tail(3, 0.15)),
			}},
		{Name: "large-budget", Engine: serving.SGLang, Finding: serving.BottleneckInterference, Family: serving.FamilyBatching,
			Why: "engines.md 3c: chunked-prefill-size down = ITL; levers.md C: a smaller token budget",
			Plants: []Plant{
				on(llama8B, "H100", "--chunked-prefill-size", "16384").sized(8000, 250).load(0.7).within(tail(3, 0.05)),
				on(qwen8B, "A100-80", "--chunked-prefill-size", "8192").sized(6000, 250).load(0.45).within(tail(5, 0.15)),
			}},
		{Name: "caching-off", Engine: serving.SGLang, Finding: serving.BottleneckLowPrefixReuse, Family: serving.FamilyPrefixCaching,
			Why: "levers.md A: 2.89x at 75% hits; B.4: shared-prefix traffic with caching off",
			Plants: []Plant{
				on(llama8B, "H100", "--disable-radix-cache").sized(4000, 200).load(0.8).sharing(0.75, 4).within(slos(0.5, 0.5)),
				on(mistral7, "L40S", "--disable-radix-cache").sized(2000, 150).load(0.8).sharing(0.7, 3).within(slos(1, 0.5)),
			}},
	}
}

func sglangSteps() []Condition {
	return []Condition{
		{Name: "eager", Engine: serving.SGLang, Finding: serving.BottleneckHostOverhead, Family: serving.FamilyCUDAGraphs,
			Why: "levers.md C: TPOT flat at L x 0.3 to 0.6 ms is launch-bound: graphs",
			Plants: []Plant{
				on(llama8B, "H100", "--disable-cuda-graph").sized(200, 300).rate(1).within(slos(1, 0.0125)),
				on(qwen14B, "H200", "--disable-cuda-graph").sized(300, 300).rate(1).within(slos(1, 0.015)),
				on(qwen7B, "A100-80", "--disable-cuda-graph").sized(200, 300).rate(0.7).within(slos(1, 0.0125)),
			}},
		{Name: "batch-beyond-graphs", Engine: serving.SGLang, Finding: serving.BottleneckHostOverhead, Family: serving.FamilyCUDAGraphs,
			Why: "engines.md 3c: decode batches above --cuda-graph-max-bs-decode run eager",
			Plants: []Plant{
				on(llama8B, "H100", "--cuda-graph-max-bs-decode", "4").sized(200, 400).rate(4).within(slos(1, 0.0125)),
				on(qwen14B, "H200", "--cuda-graph-max-bs-decode", "4").sized(200, 400).rate(2.5).within(slos(1, 0.015)),
			}},
		{Name: "sixteen-bits", Engine: serving.SGLang, Finding: serving.BottleneckDecodeBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TPOT = weight bytes / bandwidth at a small batch is memory-bound: quantization",
			Plants: []Plant{
				on(llama8B, "L40S").sized(300, 300).rate(0.5).within(slos(2, 0.02)),
				on(qwen32B, "H100").sized(300, 300).rate(0.3).within(slos(2, 0.02)),
				on(llama8B, "L4").sized(200, 200).rate(0.1).within(slos(3, 0.05)),
			}},
		{Name: "long-prompts", Engine: serving.SGLang, Finding: serving.BottleneckPrefillBound, Family: serving.FamilyQuantization,
			Why: "levers.md C: TTFT grows, TPOT fine, KV low; the budget is large, so FP8 is next",
			Plants: []Plant{
				on(llama8B, "H100").sized(8000, 60).load(0.15).within(slos(0.25, 1)),
				on(mistral7, "L40S").sized(6000, 60).load(0.15).within(slos(0.45, 1)),
			}},
	}
}

func sglangLoad() []Condition {
	return []Condition{
		{Name: "overload-16-bits", Engine: serving.SGLang, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyQuantization,
			Why: "levers.md A and B: at saturation with free KV, FP8 gives 1.25 to 1.5x; then replicas",
			Plants: []Plant{
				on(llama8B, "H100").sized(3000, 20).load(1.3).within(slos(1, 1)),
				on(qwen14B, "H200").sized(3000, 20).load(1.3).within(slos(1, 1)),
			}},
		{Name: "overload-tuned", Engine: serving.SGLang, Finding: serving.BottleneckQueueSaturated, Family: serving.FamilyReplicas,
			Why: "levers.md C: prefill-bound with FP8 and nothing shared leaves more replicas",
			Plants: []Plant{
				on(llama8B, "H100", "--quantization", "fp8", "--kv-cache-dtype", "fp8_e4m3").sized(3000, 20).load(1.3).within(slos(1, 1)),
				on(qwen8B, "H200", "--quantization", "fp8", "--kv-cache-dtype", "fp8_e4m3").sized(4000, 20).load(1.3).within(slos(1, 1)),
			}},
		{Name: "drafts-at-load", Engine: serving.SGLang, Finding: serving.BottleneckSpeculation, Family: serving.FamilySpeculation,
			Why: "levers.md A: speculation at high load is 1.4 to 1.8x slower; order of moves: only below 16 to 32 a GPU",
			Plants: []Plant{
				on(llama8B, "H100", "--speculative-algorithm", "NGRAM", "--max-running-requests", "256").chat().load(0.7).within(slos(2, 0.5)),
				on(qwen8B, "A100-80", "--speculative-algorithm", "NGRAM", "--max-running-requests", "256").chat().load(0.7).within(slos(2, 0.5)),
			}},
		{Name: "faults", Engine: serving.SGLang, Finding: serving.BottleneckErrors, Family: NoFamily,
			Why: "DESIGN.md 7: error rate; no flag mends a fault, someone must look",
			Plants: []Plant{
				on(llama8B, "H100").failing(0.06).chat().rate(4).within(slos(2, 0.2)),
				on(qwen8B, "A100-80").failing(0.1).chat().rate(2).within(slos(2, 0.3)),
			}},
		{Name: "skewed-router", Engine: serving.SGLang, Finding: serving.BottleneckImbalance, Family: serving.FamilyReplicas,
			Why: "DESIGN.md 7: imbalance between replicas; no flag of the engine changes what the router does",
			Plants: []Plant{
				on(llama8B, "H100").chat().load(0.5).replicas(2, 0.9).within(slos(1, 0.3)),
				on(mistral7, "L40S").chat().load(0.4).replicas(3, 0.8).within(slos(2, 0.5)),
			}},
		{Name: "too-many-replicas", Engine: serving.SGLang, Finding: serving.BottleneckOversized, Family: serving.FamilyReplicas,
			Why: "field.md 4.12: shrink while load x N/(N-1) stays well below capacity",
			Plants: []Plant{
				on(llama8B, "H100").chat().load(0.05).replicas(4, 0).within(slos(1, 0.2)),
				on(mistral7, "L40S").chat().load(0.06).replicas(3, 0).within(slos(2, 0.3)),
			}},
	}
}

func sglangHealthy() Condition {
	return Condition{Name: "healthy", Engine: serving.SGLang, Finding: NoFinding, Family: NoFamily,
		Why: "half of the load that keeps its objectives, current defaults: nothing is wrong",
		Plants: []Plant{
			on(llama8B, "H100").chat().load(0.4).within(slos(1, 0.3)),
			on(qwen8B, "A100-80").chat().load(0.4).replicas(2, 0).within(slos(1, 0.4)),
			on(mistral7, "L40S").sized(1500, 200).load(0.3).within(slos(3, 0.5)),
		}}
}
