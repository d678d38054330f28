package dialect

import "github.com/optiinfra/performance-agent/internal/serving"

// tgi is the command line of text-generation-launcher (engines.md 2c). It
// splits prompts over steps by itself from 3.0, and its KV cache follows from the
// memory unless --max-batch-total-tokens says otherwise. Its prefix cache is set
// by an environment variable only, so it is no role here.
func tgi() Dialect {
	return Dialect{
		Engine:    serving.TGI,
		Slots:     Number{Flag: "--max-batch-size", Reveals: []string{"max_batch_size"}},
		Admission: Number{Flag: "--max-concurrent-requests", Reveals: []string{"max_concurrent_requests"}}, DefaultAdmission: 128, AdmissionHoldsRunning: true,
		Budget: Number{Flag: "--max-batch-prefill-tokens", Reveals: []string{"max_batch_prefill_tokens"}},

		MemoryShare:  Number{Flag: "--cuda-memory-fraction"},
		Share:        Shares{Wasteful: 0.95, Usual: 1, Greatest: 1},
		KVSize:       Number{Flag: "--max-batch-total-tokens", Reveals: []string{"max_batch_total_tokens"}},
		KVType:       Format{Flag: "--kv-cache-dtype", FP8: "fp8_e4m3fn", FP8Values: []string{"fp8_e4m3fn", "fp8_e5m2"}},
		Quantization: Format{Flag: "--quantize", FP8: "fp8", FP8Values: []string{"fp8"}},
		SlowKernels:  []string{"bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4"},

		Graphs: Switch{TurnsOff: []Setting{{"--cuda-graphs", "0"}}},
		Draft:  Switch{TurnsOn: []Setting{{"--speculate", ""}}}, Drafts: Number{Flag: "--speculate"},
		DraftNGram: []Setting{{"--speculate", "3"}},
		GraphBatch: Number{Flag: "--cuda-graphs"}, DefaultGraphBatch: 32,

		TensorParallel: Number{Flag: "--num-shard"},
		Tuning: []string{
			"--quantize", "--kv-cache-dtype", "--max-concurrent-requests", "--max-batch-prefill-tokens", "--max-batch-total-tokens",
			"--max-waiting-tokens", "--waiting-served-ratio", "--max-batch-size", "--cuda-graphs", "--cuda-memory-fraction", "--speculate",
		},
	}
}
