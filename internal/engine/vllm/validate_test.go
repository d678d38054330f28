package vllm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func problems(t *testing.T, gpu string, gpus int, line string) []engine.Problem {
	t.Helper()
	cfg, err := vllm.New().Parse(strings.Fields("vllm serve " + line))
	require.NoError(t, err)
	return vllm.New().Validate(cfg, serving.Hardware{GPU: gpu, GPUs: gpus})
}

func TestValidate_AcceptsWhatTheEngineAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gpu  string
		gpus int
		line string
	}{
		{"H100", 1, "m"},
		{"H100", 0, "m --tensor-parallel-size 1"},
		{"H100", 8, "m -tp 4 -dp 2"},
		{"H100", 8, "m -tp 2"},
		{"H100", 4, "m -tp 2 -pp 2"},
		{"H100", 1, "m --max-num-seqs 8192"},
		{"A100-80", 1, "m --max-num-seqs 4096 --max-num-batched-tokens 4096"},
		{"A100", 1, "m --max-num-seqs 4096 --performance-mode throughput"},
		{"A100", 1, "m --quantization fp8"},
		{"A10G", 1, "m --quantization fp8 --kv-cache-dtype fp8"},
		{"", 1, "m --max-num-seqs 99999 --quantization fp8"},
		{"MI300X", 1, "org/model.w8a8 --max-num-seqs 99999"},
		{"H100", 1, "m --max-model-len 32k --max-num-batched-tokens 2048"},
		{"H100", 1, "m --no-enable-chunked-prefill --max-num-batched-tokens 2048"},
		{"H100", 1, "m --no-enable-chunked-prefill --max-model-len 8192 --max-num-batched-tokens 8K"},
		{"A100", 1, "m --no-enable-chunked-prefill --max-num-seqs 4096"},
		{"H100", 1, "m --max-model-len auto --long-prefill-token-threshold 4096"},
		{"H100", 1, `m --speculative-config {"method":"eagle3","num_speculative_tokens":3} --async-scheduling`},
		{"H100", 1, `m --speculative-config {"method":"ngram","num_speculative_tokens":3} --no-async-scheduling`},
		{"A100", 1, "neuralmagic/Llama-quantized.w8a8"},
		{"B200", 1, "org/Llama-FP8-w8a8 --kv-cache-dtype nvfp4"},
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
		{"H100", 1, "m --max-num-seqs 512 --max-num-batched-tokens 256", "--max-num-batched-tokens", "256 < 512", "raise it to 512"},
		{"A100", 1, "m --max-num-seqs 4096", "--max-num-seqs", "2048 by default on A100", "--max-num-batched-tokens to at least 4096"},
		{"L4", 1, "m --max-num-seqs 5000 --performance-mode throughput", "--max-num-seqs", "4096 by default on L4", "5000"},
		{"H100", 1, "m --no-enable-chunked-prefill --max-model-len 32K --max-num-batched-tokens 8192", "--max-num-batched-tokens", "8192 < 32768", "leave chunked prefill on"},
		{"H100", 1, "m --long-prefill-token-threshold 9000 --max-model-len 8192", "--long-prefill-token-threshold", "9000 > 8192", "8192"},
		{"H100", 1, "m --gpu-memory-utilization 1.1", "--gpu-memory-utilization", "above", "more than 0 and at most 1"},
		{"H100", 1, "m --gpu-memory-utilization 0", "--gpu-memory-utilization", "below", "more than 0"},
		{"H100", 1, "m --scheduling-policy random", "--scheduling-policy", "random", "fcfs, priority"},
		{"H100", 1, "m -tp 2", "--tensor-parallel-size", "needs 2 GPUs, the replica has 1", "2 GPUs"},
		{"H100", 4, "m -tp 3", "--tensor-parallel-size", "3 does not divide 4", "a divisor of 4"},
		{"H100", 4, "m -tp 2 -pp 2 -dp 2", "--tensor-parallel-size", "needs 8 GPUs", "8 GPUs"},
		{"H100", 1, "m --speculative-config ngram", "--speculative-config", "not a JSON object", "num_speculative_tokens"},
		{"H100", 1, `m --speculative-config {"method":"ngram","num_speculative_tokens":0}`, "--speculative-config", "is 0", "at least 1"},
		{"H100", 1, `m --speculative-config {"method":"ngram","num_speculative_tokens":2} --async-scheduling`, "--async-scheduling", "ngram", "remove"},
		{"V100", 1, "m --quantization fp8", "--quantization", "needs compute capability 7.5, V100 has 7.0", "no quantization"},
		{"NVIDIA B200", 1, "neuralmagic/Llama-quantized.w8a8", "model", "INT8 W8A8", "FP8"},
		{"T4", 1, "m --dtype bfloat16", "--dtype", "8.0", "half"},
		{"H100", 1, "m --kv-cache-dtype nvfp4", "--kv-cache-dtype", "10.0", "fp8"},
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
	got := problems(t, "H100", 1, "m --max-num-seqs 0 --gpu-memory-utilization 2 -tp 0 -pp 4")
	flags := []string{}
	for _, p := range got {
		flags = append(flags, p.Flag)
	}
	require.Equal(t, []string{"--max-num-seqs", "--gpu-memory-utilization", "--tensor-parallel-size"}, flags)
}

func TestValidate_FlagsThatTheStatedVersionLacks(t *testing.T) {
	t.Parallel()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "m"}.With("--swap-space", "4").With("--async-scheduling", "")
	for version, want := range map[string][]string{
		"":        nil,
		"0.17.0":  nil,
		"0.18.0":  {"--swap-space"},
		"v0.9.2":  {"--async-scheduling"},
		"nightly": nil,
	} {
		cfg.Version = version
		var got []string
		for _, p := range vllm.New().Validate(cfg, serving.Hardware{GPU: "H100"}) {
			got = append(got, p.Flag)
		}
		require.Equal(t, want, got, version)
	}
}

func TestValidate_GPUNamesAsPeopleAndDriversWriteThem(t *testing.T) {
	t.Parallel()
	for name, default8192 := range map[string]bool{
		"H100": true, "NVIDIA H100 80GB HBM3": true, "h100 sxm": true, "H200": true, "H20": true, "GH200": true,
		"A100-80": false, "NVIDIA A100-SXM4-80GB": false, "A10G": false, "NVIDIA A10": false, "L40S": false, "L4": false,
		"Tesla T4": false, "RTX 4090": false, "NVIDIA GeForce RTX 4090": false, "RTX 6000 Ada": false, "RTX A6000": false,
	} {
		got := problems(t, name, 1, "m --max-num-seqs 3000")
		require.Equal(t, default8192, len(got) == 0, "%s: %v", name, got)
	}
}
