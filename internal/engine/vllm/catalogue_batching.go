package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// batchingParameters decide what goes into one step of the engine.
func batchingParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagMaxSeqs, Type: engine.Int, Default: "1024 on GPUs of 70 GiB or more except the A100, otherwise 256", Min: atLeast(1), Unit: "requests",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Source: srcSched,
			Description: "Most requests that run at one time. More gives throughput until the KV cache or the memory bandwidth is the limit, and raises the time between tokens.",
		},
		{
			Flag: flagBatchedTokens, Type: engine.Int, Default: "8192 on GPUs of 70 GiB or more except the A100 (16384 from 160 GiB in the newest versions), otherwise 2048", Min: atLeast(1), Unit: "tokens per step", Suffixes: true,
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Source: srcSched,
			Description: "Token budget of a step. Small keeps the time between tokens even, large gives a sooner first token and throughput, and takes activation memory from the KV cache.",
		},
		{
			Flag: flagChunkedPrefill, Type: engine.Bool, Default: "on where supported (off before 0.8)",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Source: srcSched,
			Description: "Splits long prompts over steps and mixes them with decoding. Off needs a token budget that holds the longest prompt; newer versions warn against switching it off.",
		},
		{
			Flag: flagLongPrefill, Type: engine.Int, Default: "0", Min: atLeast(0), Unit: "tokens",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Source: srcSched,
			Description: "Most tokens of one long prompt in a step, so that short prompts pass it; 0 is no limit.",
		},
		{
			Flag: "--scheduling-policy", Type: engine.Enum, Default: "fcfs", Enum: []string{"fcfs", "priority"},
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Source: srcSched,
			Description: "Order of waiting requests; priority needs clients that send one.",
		},
		{
			Flag: flagAsyncScheduling, Type: engine.Bool, Default: "on unless incompatible (off before 0.14)",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Since: "0.10.0", Source: srcSched,
			Description: "Plans the next step while the present one runs, hiding the host's work. Switched on by hand together with a speculative method that does not support it, the engine refuses to start.",
		},
		{
			Flag: "--stream-interval", Type: engine.Int, Default: "1", Min: atLeast(1), Unit: "tokens per message",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Since: "0.11.1", Source: srcSched,
			Description: "Sends tokens to the client in groups: less host work, a burstier stream. Clients see it as a longer time between tokens.",
		},
		{
			Flag: "--scheduler-reserve-full-isl", Type: engine.Bool, Default: "on",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Since: "0.19.0", Source: srcSched,
			Description: "Admits a request only when its whole prompt fits the KV cache: less thrashing under pressure.",
		},
		{
			Flag: flagPerformanceMode, Type: engine.Enum, Default: "balanced", Enum: []string{"balanced", "interactivity", "throughput"},
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Since: "0.17.0", Source: srcArgs,
			Description: "throughput doubles the token budget and the number of requests where they are left to their defaults.",
		},
	}
}
