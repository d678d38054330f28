package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func settings(t *testing.T, gpu string, cfg serving.EngineConfig) perfmodel.Settings {
	t.Helper()
	s, err := perfmodel.SettingsOf(cfg, serving.Hardware{GPU: gpu, GPUs: 8})
	require.NoError(t, err)
	return s
}

func TestSettingsOf_NoFlags_FollowsGPUAndVersionDefaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gpu, version string
		seqs, tokens int
		utilization  float64
	}{
		{"H100", "", 1024, 8192, 0.92},
		{"H100", "0.15.1", 1024, 8192, 0.90},
		{"A100-80", "", 256, 2048, 0.92},
		{"A100-80", "0.19.0", 256, 2048, 0.90},
		{"L4", "0.20.1", 256, 2048, 0.92},
		{"H200", "v0.20", 1024, 8192, 0.92},
	} {
		s := settings(t, c.gpu, versioned(launch(llama8B), c.version))
		require.Equal(t, c.seqs, s.MaxNumSeqs, c)
		require.Equal(t, c.tokens, s.MaxNumBatchedTokens, c)
		require.Equal(t, c.utilization, s.GPUMemoryUtilization, c)
		require.Equal(t, 16, s.BlockSize)
		require.Equal(t, 131072, s.MaxModelLen)
		require.True(t, s.ChunkedPrefill && s.PrefixCaching && !s.Eager && !s.PrefillFirst, c)
	}
}

func TestSettingsOf_AsyncScheduling_IsOnWhereTheVersionHasIt(t *testing.T) {
	t.Parallel()
	async := func(version string, flags ...string) bool {
		return settings(t, "H100", versioned(launch(llama8B, flags...), version)).AsyncScheduling
	}
	require.True(t, async(""))
	require.True(t, async("0.14.0"))
	require.False(t, async("0.13.0"))
	require.True(t, async("0.13.0", "--async-scheduling", ""))
	require.False(t, async("0.9.2", "--async-scheduling", ""))
	require.False(t, async("0.20.1", "--async-scheduling", "false"))
	require.False(t, async("0.20.1", "--no-async-scheduling", ""))
}

func TestSettingsOf_OldEngine_ComputesWholePromptsFirst(t *testing.T) {
	t.Parallel()
	s := settings(t, "H100", versioned(launch(llama8B), "0.6.3"))
	require.True(t, s.PrefillFirst)
	require.False(t, s.ChunkedPrefill)
	require.False(t, s.PrefixCaching)
	require.Equal(t, 256, s.MaxNumSeqs)
	require.Equal(t, 131072, s.MaxNumBatchedTokens, "a prompt must fit one step")
}

func TestSettingsOf_Flags_OverrideDefaults(t *testing.T) {
	t.Parallel()
	s := settings(t, "NVIDIA H100 80GB HBM3", launch(llama8B,
		"--max-num-seqs", "64", "--max-num-batched-tokens", "4K", "--max-model-len", "8k", "--block-size", "32",
		"--gpu-memory-utilization", "0.8", "--tensor-parallel-size", "2", "--enforce-eager", "",
		"--no-enable-prefix-caching", "", "--kv-cache-dtype", "fp8_e4m3", "--quantization", "fp8",
		"--long-prefill-token-threshold", "512", "--kv-cache-memory-bytes", "10G"))
	require.Equal(t, 64, s.MaxNumSeqs)
	require.Equal(t, 4096, s.MaxNumBatchedTokens)
	require.Equal(t, 8000, s.MaxModelLen)
	require.Equal(t, 32, s.BlockSize)
	require.Equal(t, 0.8, s.GPUMemoryUtilization)
	require.Equal(t, 2, s.TensorParallel)
	require.Equal(t, 512, s.LongPrefillThreshold)
	require.Equal(t, 10.0*(1<<30), s.KVCacheMemoryBytes)
	require.Equal(t, perfmodel.KVFP8, s.KVDtype)
	require.Equal(t, perfmodel.WeightsFP8, s.Weights)
	require.True(t, s.Eager)
	require.False(t, s.PrefixCaching)
	require.Zero(t, s.GraphMax)
}

func TestSettingsOf_WeightFormat_FollowsCheckpointFlagAndGPU(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ model, flag, gpu, want string }{
		{llama8B, "", "H100", perfmodel.WeightsBF16},
		{llama8B, "fp8", "H100", perfmodel.WeightsFP8},
		{llama8B, "fp8", "L4", perfmodel.WeightsFP8},
		{llama8B, "fp8", "A100-80", perfmodel.WeightsW8A16},
		{"RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8", "", "H100", perfmodel.WeightsFP8},
		{"RedHatAI/Qwen3-8B-FP8-dynamic", "", "A10G", perfmodel.WeightsW8A16},
		{"RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8", "", "A100-40", perfmodel.WeightsINT8},
		{"someone/Qwen2.5-7B-Instruct-INT8", "", "A100-80", perfmodel.WeightsINT8},
		{"Qwen/Qwen2.5-7B-Instruct-AWQ", "", "H100", perfmodel.WeightsW4},
		{"Qwen/Qwen2.5-7B-Instruct-AWQ", "awq_marlin", "H100", perfmodel.WeightsW4},
		{"Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "gptq", "H100", perfmodel.WeightsW4},
		{"openai/gpt-oss-20b", "", "H100", perfmodel.WeightsMXFP4},
	} {
		cfg := launch(c.model)
		if c.flag != "" {
			cfg = cfg.With("--quantization", c.flag)
		}
		s := settings(t, c.gpu, cfg)
		require.Equal(t, c.want, s.Weights, c)
		require.Equal(t, c.flag == "gptq" || c.flag == "awq", s.SlowDequant, c)
	}
}

func TestSettingsOf_WhatItCannotResolve_NamesTheFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		named string
		gpu   string
		cfg   serving.EngineConfig
	}{
		{"--max-num-seqs", "H100", launch(llama8B, "--max-num-seqs", "many")},
		{"--max-num-seqs", "H100", launch(llama8B, "--max-num-seqs", "0")},
		{"--gpu-memory-utilization", "H100", launch(llama8B, "--gpu-memory-utilization", "1.2")},
		{"--enable-prefix-caching", "H100", launch(llama8B, "--enable-prefix-caching", "perhaps")},
		{"--max-num-batched-tokens", "H100", launch(llama8B, "--max-num-batched-tokens", "64", "--max-num-seqs", "128")},
		{"--max-model-len", "H100", launch(llama8B, "--enable-chunked-prefill", "false", "--max-num-batched-tokens", "2048")},
		{"--tensor-parallel-size", "H100", launch(llama8B, "--tensor-parallel-size", "16")},
		{"--tensor-parallel-size", "H100", launch(llama8B, "--tensor-parallel-size", "3")},
		{"--pipeline-parallel-size", "H100", launch(llama8B, "--pipeline-parallel-size", "16")},
		{"--kv-cache-dtype", "H100", launch(llama8B, "--kv-cache-dtype", "nvfp4")},
		{"--quantization", "H100", launch(llama8B, "--quantization", "bitsandbytes")},
		{"--quantization", "H100", launch(awq8B, "--quantization", "fp8")},
		{"--dtype", "H100", launch(llama8B, "--dtype", "float32")},
		{"--speculative-config", "H100", launch(llama8B, "--speculative-config", "{}")},
		{"INT8", "B200", launch("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8")},
		{"Voodoo2", "Voodoo2", launch(llama8B)},
		{"some/model-9b", "H100", launch("some/model-9b")},
		{"version", "H100", versioned(launch(llama8B), "latest")},
		{"--data-parallel-size", "H100", launch(llama8B, "--data-parallel-size", "4", "--tensor-parallel-size", "4")},
		{"--data-parallel-size", "H100", launch("mistralai/Mixtral-8x7B-Instruct-v0.1", "--data-parallel-size", "2", "--tensor-parallel-size", "4")},
		{"--speculative-config", "H100", launch(llama8B, "--speculative-config", `{"method":"medusa","num_speculative_tokens":3}`)},
		{"--speculative-config", "H100", launch(llama8B, "--speculative-config", `{"model":"some/drafter","num_speculative_tokens":3}`)},
		{"--watermark", "H100", launch(llama8B, "--watermark", "1")},
		{"triton", "H100", serving.EngineConfig{Engine: "triton", Model: llama8B}},
	} {
		_, err := perfmodel.SettingsOf(c.cfg, serving.Hardware{GPU: c.gpu, GPUs: 8})
		require.ErrorContains(t, err, c.named)
	}
}

func TestLookupGPU_KnowsDriverNamesAndTheTableIsComplete(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"NVIDIA H100 80GB HBM3": "H100", "NVIDIA A100-SXM4-40GB": "A100-40", "A100": "A100-80", "NVIDIA L4": "L4", "NVIDIA A10G": "A10G",
		"L40S": "L40S", "H200": "H200", "NVIDIA B200": "B200", "AMD Instinct MI300X": "MI300X", "NVIDIA GeForce RTX 4090": "RTX4090",
	} {
		g, err := perfmodel.LookupGPU(name)
		require.NoError(t, err)
		require.Equal(t, want, g.Name)
		require.NotEmpty(t, g.Source)
		require.Equal(t, g.HasFP8, g.ComputeFP8 > 0)
	}
}

func TestLookupArchitecture_EveryNamedModelIsKnown(t *testing.T) {
	t.Parallel()
	for name, layers := range map[string]int{
		llama8B: 32, "meta-llama/Meta-Llama-3.1-70B-Instruct": 80, "meta-llama/Llama-2-7b-chat-hf": 32,
		"mistralai/Mistral-7B-Instruct-v0.3": 32, "Qwen/Qwen2.5-7B-Instruct": 28, "Qwen/Qwen3-8B": 36, "Qwen/Qwen3-14B": 40,
		"Qwen/Qwen3-32B-FP8": 64, "mistralai/Mixtral-8x7B-Instruct-v0.1": 32, "openai/gpt-oss-20b": 24,
	} {
		a, err := perfmodel.LookupArchitecture(name)
		require.NoError(t, err, name)
		require.Equal(t, layers, a.Layers, name)
	}
}

func TestBaseCheckpoint_RemovesWhatQuantizationAdded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"RedHatAI/Qwen3-8B-FP8-dynamic": "RedHatAI/Qwen3-8B", "a/B-quantized.w8a8": "a/B", "a/B-AWQ-INT4": "a/B",
	} {
		got, quantized := perfmodel.BaseCheckpoint(name)
		require.Equal(t, want, got)
		require.True(t, quantized)
	}
	got, quantized := perfmodel.BaseCheckpoint(llama8B)
	require.Equal(t, llama8B, got)
	require.False(t, quantized)
}
