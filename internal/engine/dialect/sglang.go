package dialect

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// sglang is the command line of sglang.launch_server (engines.md 3c). The long
// names are those of 0.5; --cuda-graph-max-bs is the older name of
// --cuda-graph-max-bs-decode, which exists from 0.5.14.
func sglang() Dialect {
	return Dialect{
		Engine: serving.SGLang,
		Slots:  Number{Flag: "--max-running-requests", Reveals: []string{"effective_max_running_requests_per_dp", "max_running_requests"}}, LeastSlots: 48,
		Ranks:     Number{Flag: "--dp-size", Former: []string{"--data-parallel-size"}, Reveals: []string{"dp_size"}},
		Admission: Number{Flag: "--max-queued-requests"},
		Budget:    Number{Flag: "--chunked-prefill-size", Reveals: []string{"chunked_prefill_size"}}, BudgetOff: "-1",

		MemoryShare:  Number{Flag: "--mem-fraction-static", Reveals: []string{"mem_fraction_static"}},
		Share:        Shares{Wasteful: 0.75, Usual: 0.86, Greatest: 0.9},
		KVSize:       Number{Flag: "--max-total-tokens"},
		KVType:       Format{Flag: "--kv-cache-dtype", FP8: "fp8_e4m3", FP8Values: []string{"fp8_e4m3", "fp8_e5m2"}, Native: []string{"auto", "bf16", "bfloat16"}},
		Quantization: Format{Flag: "--quantization", FP8: "fp8", FP8Values: []string{"fp8", "w8a8_fp8"}},
		SlowKernels:  []string{"gptq", "awq"},

		Graphs:          Switch{TurnsOff: []Setting{{"--disable-cuda-graph", True}, {"--cuda-graph-backend-decode", "disabled"}}, Reveals: "disable_cuda_graph", RevealsOff: true},
		Prefix:          Switch{TurnsOff: []Setting{{"--disable-radix-cache", True}}, TurnsOn: []Setting{{"--disable-radix-cache", False}}, Reveals: "disable_radix_cache", RevealsOff: true},
		Chunking:        Switch{TurnsOff: []Setting{{"--chunked-prefill-size", "-1"}, {"--chunked-prefill-size", "0"}}},
		Overlap:         Switch{TurnsOff: []Setting{{"--disable-overlap-schedule", True}}, Reveals: "disable_overlap_schedule", RevealsOff: true},
		Mixed:           Switch{TurnsOn: []Setting{{"--enable-mixed-chunk", True}}, Enable: Setting{Flag: "--enable-mixed-chunk"}, Reveals: "enable_mixed_chunk"},
		Draft:           Switch{TurnsOn: []Setting{{"--speculative-algorithm", ""}}},
		DraftAcceptance: "spec_accept_rate",
		DraftDetails:    []string{"--speculative-num-steps", "--speculative-eagle-topk", "--speculative-num-draft-tokens", "--speculative-draft-model-path"},
		DraftNGram:      []Setting{{"--speculative-algorithm", "NGRAM"}},
		GraphBatch: Number{Flag: "--cuda-graph-max-bs-decode", Former: []string{"--cuda-graph-max-bs"},
			Reveals: []string{"cuda_graph_max_bs_decode", "cuda_graph_max_bs"}},

		TensorParallel:   Number{Flag: "--tp-size", Former: []string{"--tensor-parallel-size", "--tp"}},
		Conservativeness: Number{Flag: "--schedule-conservativeness", Reveals: []string{"schedule_conservativeness"}},
		Policy:           "--schedule-policy", PolicyPrefix: "lpm",
		Tuning: []string{
			"--mem-fraction-static", "--max-running-requests", "--max-total-tokens", "--chunked-prefill-size", "--max-prefill-tokens",
			"--schedule-policy", "--schedule-conservativeness", "--disable-cuda-graph", "--cuda-graph-max-bs", "--cuda-graph-max-bs-decode",
			"--cuda-graph-backend-decode", "--disable-radix-cache", "--disable-overlap-schedule", "--kv-cache-dtype", "--quantization",
			"--enable-torch-compile", "--enable-mixed-chunk", "--num-continuous-decode-steps", "--page-size",
			"--speculative-algorithm", "--speculative-num-steps", "--speculative-eagle-topk", "--speculative-num-draft-tokens", "--speculative-draft-model-path",
		},
	}
}

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }
