package sglang_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func problems(t *testing.T, gpu string, gpus int, line string) []engine.Problem {
	t.Helper()
	cfg, err := sglang.New().Parse(strings.Fields("sglang serve --model-path " + line))
	require.NoError(t, err, line)
	return sglang.New().Validate(cfg, serving.Hardware{GPU: gpu, GPUs: gpus})
}

func TestValidate_AcceptsWhatTheEngineAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gpu  string
		gpus int
		line string
	}{
		{"H100", 0, "m"},
		{"H100", 8, "m --tp 4 --dp 2"},
		{"H100", 8, "m --tp 8 --dp 8 --enable-dp-attention --ep 8 --load-balance-method total_tokens"},
		{"H100", 8, "m --tp 4 --pp 2"},
		{"H100", 4, "m --tp 2 --pp 2 --disable-overlap-schedule"},
		{"H100", 8, "m --tp 8 --nnodes 2 --node-rank 0"},
		{"H100", 8, "m --tp 16 --dp 16 --enable-dp-attention --nnodes 2"},
		{"H100", 8, "m --tp 6 --pp 2 --nnodes 3"},
		{"H100", 2, "m --pp 2 --disaggregation-mode prefill --speculative-algorithm EAGLE"},
		{"H100", 1, "m --chunked-prefill-size 8192 --page-size 64"},
		{"H100", 1, "m --chunked-prefill-size -1 --page-size 64"},
		{"H100", 1, "m --chunked-prefill-size 100 --page-size 64 --disaggregation-mode decode"},
		{"H100", 8, "m --tp 8 --dp 8 --enable-dp-attention --chunked-prefill-size 4096 --page-size 64"},
		{"H100", 1, "m --page-size 64 --attention-backend flashmla"},
		{"B200", 1, "m --page-size 32 --attention-backend trtllm_mla --kv-cache-dtype nvfp4"},
		{"H100", 1, "m --enable-hierarchical-cache"},
		{"H100", 1, "m --enable-priority-scheduling --schedule-policy lof --retraction-policy priority"},
		{"H100", 1, "m --enable-priority-scheduling"},
		{"H100", 1, "m --cuda-graph-max-bs 160 --disable-cuda-graph-padding"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 4"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 4 --speculative-num-draft-tokens 16"},
		{"H100", 1, "m --speculative-algorithm EAGLE3 --speculative-draft-model-path d"},
		{"H100", 1, "m --speculative-algorithm NGRAM --speculative-num-draft-tokens 12"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 4 --speculative-num-draft-tokens 16 --page-size 64"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 4 --speculative-num-draft-tokens 16 --page-size 64 --attention-backend fa3"},
		{"A100", 1, "m --quantization fp8 --kv-cache-dtype fp8_e5m2"},
		{"H100", 1, "org/Llama-AWQ --quantization awq_marlin"},
		{"H100", 1, "org/Llama-FP8"},
		{"H100", 1, "org/Llama-FP8 --quantization fp8"},
		{"H100", 1, "org/Llama.w8a8 --quantization w8a8_int8"},
		{"H100", 1, "org/DeepSeek-W4AFP8 --quantization w4afp8"},
		{"H100", 1, "awq-lab/Llama --quantization fp8"},
		{"MI300X", 1, "m --quantization w8a8_fp8 --attention-backend fa3 --dtype bfloat16 --kv-cache-dtype nvfp4"},
		{"", 1, "m --quantization w8a8_fp8"},
		{"H100", 1, "m --some-new-flag 3"},
	} {
		require.Empty(t, problems(t, c.gpu, c.gpus, c.line), "%s on %d %s", c.line, c.gpus, c.gpu)
	}
}

func TestValidate_NamesTheFlagTheRuleAndTheFix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gpu             string
		gpus            int
		line            string
		flag, rule, fix string
	}{
		{"H100", 1, "m --mem-fraction-static 1", "--mem-fraction-static", "above", "less than 1"},
		{"H100", 1, "m --mem-fraction-static 0", "--mem-fraction-static", "below", "more than 0"},
		{"H100", 1, "m --schedule-conservativeness 0", "--schedule-conservativeness", "below", "more than 0"},
		{"H100", 1, "m --schedule-policy longest", "--schedule-policy", "longest", "lpm"},
		{"H100", 1, "m --max-running-requests 8k", "--max-running-requests", "no whole number", "at least 1"},
		// Parallelism.
		{"H100", 1, "m --tp 2", "--tp-size", "needs 2 GPUs, the replica has 1", "2 GPUs"},
		{"H100", 4, "m --tp 3", "--tp-size", "3 does not divide 4", "a divisor of 4"},
		{"H100", 4, "m --tp 2 --pp 2 --dp 2", "--tp-size", "needs 8 GPUs", "8 GPUs"},
		{"H100", 8, "m --tp 4 --nnodes 3", "--nnodes", "3 does not divide 4", "divides 4"},
		{"H100", 8, "m --tp 4 --dp 2 --nnodes 2", "--dp-size", "needs --enable-dp-attention", "behind the router"},
		{"H100", 8, "m --tp 8 --enable-dp-attention", "--enable-dp-attention", "--dp-size above 1", "2 or more"},
		{"H100", 8, "m --tp 8 --dp 3 --enable-dp-attention", "--dp-size", "3 does not divide 8", "a divisor of 8"},
		{"H100", 8, "m --tp 8 --ep 3", "--ep-size", "3 does not divide 8", "best 8"},
		{"H100", 2, "m --dp 2 --load-balance-method total_tokens", "--load-balance-method", "only with --enable-dp-attention", "total_requests"},
		{"H100", 2, "m --pp 2 --enable-mixed-chunk", "--enable-mixed-chunk", "pipeline parallelism", "--tp-size"},
		{"H100", 2, "m --pp 2 --speculative-algorithm NGRAM", "--speculative-algorithm", "pipeline parallelism", "remove"},
		{"H100", 8, "m --tp 8 --dp 8 --enable-dp-attention --max-running-requests 4", "--max-running-requests", "leaves some without", "at least 8"},
		// Memory.
		{"H100", 1, "m --chunked-prefill-size 1000 --page-size 64", "--chunked-prefill-size", "1000 is none of 64", "for example 960"},
		{"H100", 1, "m --chunked-prefill-size 32 --page-size 64", "--chunked-prefill-size", "multiple", "for example 64"},
		{"H100", 8, "m --tp 8 --dp 8 --enable-dp-attention --chunked-prefill-size 4160 --page-size 64", "--chunked-prefill-size", "520 is none of 64", "multiple of 512"},
		{"H100", 8, "m --tp 8 --dp 8 --enable-dp-attention --chunked-prefill-size 4", "--chunked-prefill-size", "0 is none of 1", "for example 8"},
		{"H100", 1, "m --page-size 16 --attention-backend flashmla", "--page-size", "16 would be replaced", "use 64"},
		{"B200", 1, "m --page-size 128 --decode-attention-backend trtllm_mla", "--page-size", "32 or 64", "leave it away"},
		{"H100", 1, "m --page-size 64 --attention-backend cutlass_mla", "--page-size", "128", "128"},
		{"H100", 1, "m --page-size 1 --attention-backend trtllm_mha", "--page-size", "16 or 32 or 64", "16"},
		{"H100", 1, "m --enable-hierarchical-cache --disable-radix-cache", "--enable-hierarchical-cache", "--disable-radix-cache", "remove one"},
		// Scheduling and graphs.
		{"H100", 1, "m --enable-priority-scheduling --schedule-policy lpm", "--schedule-policy", "it is lpm", "fcfs or lof"},
		{"H100", 1, "m --retraction-policy priority", "--retraction-policy", "needs --enable-priority-scheduling", "length"},
		{"H100", 1, "m --cuda-graph-max-bs 64 --cuda-graph-max-bs-decode 128", "--cuda-graph-max-bs", "former name", "0.5.14"},
		{"H100", 1, "m --disable-cuda-graph --cuda-graph-backend-decode full", "--disable-cuda-graph", "former name", "keep --cuda-graph-backend-decode"},
		{"H100", 1, "m --enable-torch-compile --disable-cuda-graph-padding", "--enable-torch-compile", "does not work", "remove one"},
		// Speculation.
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3", "--speculative-eagle-topk", "belong together", "all three or none"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 1 --speculative-num-draft-tokens 8", "--speculative-num-draft-tokens", "8 with 3 steps", "use 4"},
		{"H100", 1, "m --speculative-algorithm EAGLE --speculative-num-steps 3 --speculative-eagle-topk 4 --speculative-num-draft-tokens 16 --page-size 64 --attention-backend flashmla",
			"--speculative-eagle-topk", "not on flashmla", "use 1"},
		{"H100", 1, "m --speculative-algorithm STANDALONE", "--speculative-draft-model-path", "needs a draft model", "trained for m"},
		{"H100", 1, "m --speculative-algorithm NGRAM --enable-mixed-chunk", "--enable-mixed-chunk", "speculative", "remove"},
		{"H100", 2, "m --tp 2 --dp 2 --enable-dp-attention --speculative-algorithm STANDALONE --speculative-draft-model-path d", "--speculative-algorithm", "STANDALONE", "EAGLE"},
		// Formats and hardware.
		{"H100", 1, "org/Llama-AWQ-INT4 --quantization fp8", "--quantization", "quantized to AWQ already", "remove it"},
		{"H100", 1, "org/Qwen-GPTQ-Int8 --quantization fp8", "--quantization", "GPTQ", "remove it"},
		{"H100", 1, "RedHatAI/Llama-FP8-dynamic --quantization awq", "--quantization", "FP8", "16-bit"},
		{"H100", 1, "neuralmagic/Llama-quantized.w8a8 --quantization fp8", "--quantization", "INT8", "remove it"},
		{"B200", 1, "nvidia/Llama-NVFP4 --quantization fp8", "--quantization", "FP4", "remove it"},
		{"T4", 1, "m --quantization fp8", "--quantization", "needs compute capability 8.0, T4 has 7.5", "AWQ"},
		{"A100", 1, "m --quantization w8a8_fp8", "--quantization", "8.9, A100 has 8.0", "16-bit"},
		{"NVIDIA B200", 1, "m --quantization w8a8_int8", "--quantization", "up to compute capability 9.0", "fp8"},
		{"T4", 1, "m --dtype bfloat16", "--dtype", "8.0", "half"},
		{"H100", 1, "m --kv-cache-dtype fp4_e2m1", "--kv-cache-dtype", "10.0", "fp8_e4m3"},
		{"B200", 1, "m --attention-backend fa3", "--attention-backend", "8.0 to 9.0", "flashinfer"},
		{"H100", 1, "m --decode-attention-backend trtllm_mla", "--decode-attention-backend", "10.0", "flashinfer"},
	} {
		got := problems(t, c.gpu, c.gpus, c.line)
		require.Len(t, got, 1, c.line)
		require.Equal(t, c.flag, got[0].Flag, c.line)
		require.Contains(t, got[0].Rule, c.rule, c.line)
		require.Contains(t, got[0].Fix, c.fix, c.line)
	}
}

func TestValidate_ListsEveryProblem(t *testing.T) {
	t.Parallel()
	got := problems(t, "H100", 1, "m --mem-fraction-static 2 --tp 2 --ep 4 --retraction-policy priority")
	flags := []string{}
	for _, p := range got {
		flags = append(flags, p.Flag)
	}
	require.Equal(t, []string{"--mem-fraction-static", "--tp-size", "--ep-size", "--retraction-policy"}, flags)
}

func TestValidate_FlagsThatTheStatedVersionLacks(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.SGLang, Model: "m"}.With("--cuda-graph-max-bs-decode", "256").With("--retraction-policy", "length")
	for version, want := range map[string][]string{
		"":             nil,
		"nightly":      nil,
		"0.5.18":       nil,
		"0.5.14.post1": {"--retraction-policy"},
		"v0.5.13":      {"--cuda-graph-max-bs-decode", "--retraction-policy"},
	} {
		cfg.Version = version
		var got []string
		for _, p := range sglang.New().Validate(cfg, serving.Hardware{GPU: "H100"}) {
			got = append(got, p.Flag)
		}
		require.Equal(t, want, got, version)
	}
	old := serving.EngineConfig{Engine: serving.SGLang, Version: "0.4.6", Model: "m"}.With("--cuda-graph-max-bs", "160")
	require.Empty(t, sglang.New().Validate(old, serving.Hardware{GPU: "H100"}), "the old name is right for an old engine")
}

func TestValidate_OverlapWithPipelineParallelism_IsSettledByTheEngine(t *testing.T) {
	t.Parallel()
	require.Empty(t, problems(t, "H100", 2, "m --pp 2"), "SGLang switches the overlap off itself and loses nothing that works")
}

func TestValidate_ProblemsAreFixedByTheirFix(t *testing.T) {
	t.Parallel()
	for broken, fixed := range map[string]string{
		"m --chunked-prefill-size 1000 --page-size 64": "m --chunked-prefill-size 960 --page-size 64",
		"m --chunked-prefill-size 32 --page-size 64":   "m --chunked-prefill-size 64 --page-size 64",
		"m --speculative-algorithm NEXTN --speculative-num-steps 2 --speculative-eagle-topk 1 --speculative-num-draft-tokens 2": "m --speculative-algorithm NEXTN --speculative-num-steps 2 --speculative-eagle-topk 1 --speculative-num-draft-tokens 3",
		"m --tp 8 --ep 16": "m --tp 8 --ep 8",
	} {
		require.NotEmpty(t, problems(t, "H100", 8, broken), broken)
		require.Empty(t, problems(t, "H100", 8, fixed), fixed)
	}
}
