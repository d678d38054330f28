package dialect

import "github.com/optiinfra/performance-agent/internal/serving"

// vllm is the command line of "vllm serve", V1 engine (engines.md 1c).
func vllm() Dialect {
	return Dialect{
		Engine: serving.VLLM,
		Slots:  Number{Flag: "--max-num-seqs", Reveals: []string{"max_num_seqs"}}, LeastSlots: 256,
		Ranks:  Number{Flag: "--data-parallel-size", Reveals: []string{"data_parallel_size"}},
		Budget: Number{Flag: "--max-num-batched-tokens", Reveals: []string{"max_num_batched_tokens"}}, BudgetHoldsDecodes: true,

		MemoryShare:  Number{Flag: "--gpu-memory-utilization", Reveals: []string{"gpu_memory_utilization"}},
		Share:        Shares{Wasteful: 0.85, Usual: 0.92, Greatest: 0.95},
		KVSize:       Number{Flag: "--kv-cache-memory-bytes"},
		KVType:       Format{Flag: "--kv-cache-dtype", FP8: "fp8", FP8Values: []string{"fp8", "fp8_e4m3", "fp8_e5m2"}, Native: []string{"auto", "float16", "bfloat16"}},
		Quantization: Format{Flag: "--quantization", FP8: "fp8", FP8Values: []string{"fp8", "fp8_per_tensor", "fp8_per_channel", "fp8_per_block"}},
		SlowKernels:  []string{"gptq", "awq"},

		Graphs: Switch{TurnsOff: []Setting{{"--enforce-eager", True}}, Reveals: "enforce_eager", RevealsOff: true},
		Prefix: plain("--enable-prefix-caching"), Chunking: plain("--enable-chunked-prefill"), Overlap: plain("--async-scheduling"),
		Draft:      Switch{TurnsOn: []Setting{{"--speculative-config", ""}, {"--spec-method", ""}, {"--speculative-model", ""}}},
		DraftNGram: []Setting{{"--speculative-config", `{"method":"ngram","num_speculative_tokens":4,"prompt_lookup_max":4}`}},
		GraphBatch: Number{Flag: "--max-cudagraph-capture-size", Former: []string{"--cudagraph-capture-sizes", "--cuda-graph-sizes"}},

		TensorParallel: Number{Flag: "--tensor-parallel-size"},
		Tuning: []string{
			"--enforce-eager", "--compilation-config", "--cudagraph-capture-sizes", "--max-cudagraph-capture-size", "--optimization-level", "--performance-mode",
			"--max-num-seqs", "--max-num-batched-tokens", "--enable-chunked-prefill", "--no-enable-chunked-prefill", "--async-scheduling", "--no-async-scheduling",
			"--long-prefill-token-threshold", "--scheduling-policy", "--gpu-memory-utilization", "--kv-cache-memory-bytes", "--kv-cache-dtype", "--block-size",
			"--enable-prefix-caching", "--no-enable-prefix-caching", "--watermark", "--swap-space", "--quantization",
			"--speculative-config", "--stream-interval", "--num-scheduler-steps", "--scheduler-delay-factor",
		},
	}
}

// plain is a switch with a "--no-" form that the engine reveals under its own
// name.
func plain(flag string) Switch {
	name := flag[len("--"):]
	return Switch{
		TurnsOff: []Setting{{flag, False}, {"--no-" + name, True}},
		TurnsOn:  []Setting{{flag, True}, {"--no-" + name, False}},
		Enable:   Setting{Flag: flag}, Reveals: underscored(name),
	}
}
