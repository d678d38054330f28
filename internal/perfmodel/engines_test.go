package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func launchOf(engine serving.EngineKind, version, model string, flags ...string) serving.EngineConfig {
	cfg := launch(model, flags...)
	cfg.Engine, cfg.Version = engine, version
	return cfg
}

func tgi(flags ...string) serving.EngineConfig {
	return launchOf(serving.TGI, "3.3.7", llama8B, flags...)
}
func sglang(flags ...string) serving.EngineConfig {
	return launchOf(serving.SGLang, "0.5.15", llama8B, flags...)
}

func TestTGI_Defaults_AreThoseOfItsVersion(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, tgi())
	s := m.Settings()
	require.Equal(t, perfmodel.PolicyTGI, s.Policy)
	require.Equal(t, perfmodel.TGISettings{MaxConcurrentRequests: 128, WaitingServedRatio: 0.3, MaxWaitingTokens: 20, MaxInputTokens: s.MaxModelLen - 1}, s.TGI)
	require.Equal(t, 131072, s.MaxModelLen)
	require.Equal(t, 128, s.MaxNumSeqs)
	require.Equal(t, 32, s.GraphMax)
	require.Equal(t, 1, s.BlockSize)
	require.True(t, s.ChunkedPrefill && s.PrefixCaching && !s.PrefillFirst)
	require.Greater(t, s.MaxNumBatchedTokens, 4096)

	old := model(t, "H100", 1, launchOf(serving.TGI, "2.0.4", llama8B)).Settings()
	require.Equal(t, 4096, old.MaxModelLen)
	require.Equal(t, 16, old.BlockSize)
	require.Equal(t, 4095+50, old.MaxNumBatchedTokens)
	require.True(t, !old.ChunkedPrefill && !old.PrefixCaching && old.PrefillFirst)
}

func TestTGI_Flags_OverrideDefaults(t *testing.T) {
	t.Parallel()
	s := model(t, "H100", 2, tgi("--max-concurrent-requests", "300", "--max-batch-prefill-tokens", "8192", "--waiting-served-ratio", "1.2",
		"--max-waiting-tokens", "5", "--max-batch-size", "64", "--cuda-graphs", "1,2,64", "--quantize", "fp8", "--kv-cache-dtype", "fp8_e5m2",
		"--num-shard", "1", "--max-total-tokens", "8000", "--max-input-tokens", "7000", "--cuda-memory-fraction", "0.8")).Settings()
	require.Equal(t, perfmodel.TGISettings{
		MaxConcurrentRequests: 300, WaitingServedRatio: 1.2, MaxWaitingTokens: 5, MaxBatchSize: 64, MaxInputTokens: 7000,
	}, s.TGI)
	require.Equal(t, 8192, s.MaxNumBatchedTokens)
	require.Equal(t, 64, s.GraphMax)
	require.Equal(t, 1, s.TensorParallel)
	require.Equal(t, 8000, s.MaxModelLen)
	require.InDelta(t, 0.76, s.GPUMemoryUtilization, 1e-9)
	require.Equal(t, []string{perfmodel.WeightsFP8, perfmodel.KVFP8}, []string{s.Weights, s.KVDtype})
	require.Equal(t, 2, model(t, "H100", 2, tgi()).Settings().TensorParallel, "all visible GPUs")
	require.True(t, model(t, "H100", 1, tgi("--cuda-graphs", "0")).Settings().Eager)
}

func TestTGI_BatchTotalTokens_FollowFromMemoryWhateverTheFlagSays(t *testing.T) {
	t.Parallel()
	base := model(t, "H100", 1, tgi())
	require.Equal(t, base.KVBlocks(), model(t, "H100", 1, tgi("--max-batch-total-tokens", "5000")).KVBlocks(), "ignored by flash attention")
	old := model(t, "H100", 1, launchOf(serving.TGI, "2.3.1", llama8B, "--max-batch-total-tokens", "16000"))
	require.Equal(t, 1000, old.KVBlocks(), "not yet before 2.4.1")
	require.Greater(t, base.KVBlocks(), model(t, "H100", 1, tgi("--cuda-memory-fraction", "0.6")).KVBlocks())
	require.Greater(t, model(t, "H100", 1, tgi("--max-batch-prefill-tokens", "2048")).KVBlocks(), model(t, "H100", 1, tgi("--max-batch-prefill-tokens", "30000")).KVBlocks())
	small := model(t, "L4", 1, tgi())
	require.Less(t, small.Settings().MaxModelLen, 131072, "a request is no longer than what memory holds")
	require.Equal(t, small.KVBlocks(), small.Settings().MaxModelLen)
}

func TestSGLang_Defaults_FollowMemoryAndVersion(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, sglang())
	s := m.Settings()
	require.Equal(t, perfmodel.PolicySGLang, s.Policy)
	require.Equal(t, perfmodel.SGLangSettings{MaxPrefillTokens: 131072, Order: perfmodel.OrderFCFS, Conservativeness: 1}, s.SGLang)
	require.Equal(t, 8192, s.MaxNumBatchedTokens)
	require.Equal(t, 256, s.GraphMax)
	require.Equal(t, 2048, s.MaxNumSeqs)
	require.Equal(t, 1, s.BlockSize)
	require.InDelta(t, 0.83, s.GPUMemoryUtilization, 0.02)
	require.True(t, s.PrefixCaching && s.AsyncScheduling && s.PrefillFirst && s.ChunkedPrefill)
	require.Equal(t, perfmodel.OrderPrefix, model(t, "H100", 1, launchOf(serving.SGLang, "0.4.1", llama8B)).Settings().SGLang.Order)
	small := model(t, "L4", 1, sglang()).Settings()
	require.Equal(t, 2048, small.MaxNumBatchedTokens)
	require.Equal(t, 24, small.GraphMax)
	require.Less(t, small.MaxModelLen, 131072)
	require.Equal(t, 16384, model(t, "B200", 1, sglang()).Settings().MaxNumBatchedTokens)
}

func TestSGLang_Flags_OverrideDefaults(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 4, sglang("--mem-fraction-static", "0.7", "--max-running-requests", "100", "--max-total-tokens", "50000",
		"--chunked-prefill-size", "4096", "--schedule-policy", "lpm", "--schedule-conservativeness", "0.3", "--disable-radix-cache", "",
		"--disable-overlap-schedule", "", "--cuda-graph-max-bs-decode", "64", "--kv-cache-dtype", "fp8_e4m3", "--quantization", "w8a8_fp8",
		"--tp-size", "2", "--dp-size", "2", "--context-length", "9000", "--page-size", "16", "--max-queued-requests", "7"))
	s := m.Settings()
	require.Equal(t, 0.7, s.GPUMemoryUtilization)
	require.Equal(t, 100, s.MaxNumSeqs)
	require.Equal(t, 50000/16, m.KVBlocks())
	require.Equal(t, 4096, s.MaxNumBatchedTokens)
	require.Equal(t, perfmodel.SGLangSettings{MaxPrefillTokens: 16384, Order: perfmodel.OrderPrefix, Conservativeness: 0.3, MaxQueuedRequests: 7}, s.SGLang)
	require.False(t, s.PrefixCaching || s.AsyncScheduling)
	require.Equal(t, []int{64, 2, 2, 9000, 16}, []int{s.GraphMax, s.TensorParallel, s.DataParallel, s.MaxModelLen, s.BlockSize})
	require.Equal(t, []string{perfmodel.WeightsFP8, perfmodel.KVFP8}, []string{s.Weights, s.KVDtype})
	whole := model(t, "H100", 1, sglang("--chunked-prefill-size", "-1", "--enable-mixed-chunk", "", "--disable-cuda-graph", "")).Settings()
	require.True(t, !whole.ChunkedPrefill && whole.SGLang.MixedChunk && whole.Eager && !whole.PrefillFirst)
}

func TestEngines_WhatTheyWouldRefuse_NamesTheFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		named, gpu string
		cfg        serving.EngineConfig
	}{
		{"--max-total-tokens", "L4", tgi("--max-total-tokens", "100000", "--num-shard", "1")},
		{"--max-input-tokens", "H100", tgi("--max-total-tokens", "1000", "--max-input-tokens", "1000")},
		{"--max-batch-prefill-tokens", "H100", launchOf(serving.TGI, "2.0.0", llama8B, "--max-input-tokens", "3000", "--max-batch-prefill-tokens", "2000")},
		{"--quantize", "H100", tgi("--quantize", "awq")},
		{"--quantize", "H100", tgi("--quantize", "exl2")},
		{"--kv-cache-dtype", "H100", tgi("--kv-cache-dtype", "fp8")},
		{"--num-shard", "H100", tgi("--num-shard", "16")},
		{"--cuda-graphs", "H100", tgi("--cuda-graphs", "many")},
		{"--cuda-memory-fraction", "H100", tgi("--cuda-memory-fraction", "0.2", "--num-shard", "1")},
		{"--speculate", "H100", tgi("--speculate", "99")},
		{"version", "H100", launchOf(serving.TGI, "latest", llama8B)},
		{"increase --mem-fraction-static", "H100", sglang("--mem-fraction-static", "0.15")},
		{"decrease --mem-fraction-static", "H100", sglang("--mem-fraction-static", "0.995")},
		{"--schedule-policy", "H100", sglang("--schedule-policy", "random")},
		{"--page-size", "H100", sglang("--chunked-prefill-size", "100", "--page-size", "64")},
		{"--enable-dp-attention", "H100", sglang("--enable-dp-attention", "")},
		{"--tp-size", "H100", sglang("--tp-size", "3")},
		{"--dp-size", "H100", sglang("--dp-size", "16")},
		{"--quantization", "H100", sglang("--quantization", "w8a8_int8")},
		{"--speculative-algorithm", "H100", sglang("--speculative-algorithm", "STANDALONE", "--speculative-draft-model-path", "x/drafter")},
		{"--enable-mixed-chunk", "H100", sglang("--speculative-algorithm", "NGRAM", "--enable-mixed-chunk", "")},
		{"version", "H100", launchOf(serving.SGLang, "main", llama8B)},
	} {
		_, err := perfmodel.New(c.cfg, serving.Hardware{GPU: c.gpu, GPUs: 8})
		require.ErrorContains(t, err, c.named, "%v", c.cfg.FlagList())
	}
}

// The engines serve the same model on the same card within a factor of each
// other; a first tuning on either moves the same way as on vLLM.
func TestPredict_ThreeEngines_AnswerTheSameLevers(t *testing.T) {
	t.Parallel()
	w := workload(600, 250)
	of := func(cfg serving.EngineConfig) float64 { return saturated(t, "H100", w, cfg) }
	vllm := of(launch(llama8B, "--max-num-seqs", "128"))
	plain := of(tgi())
	require.InEpsilon(t, vllm, plain, 0.5)
	require.Greater(t, of(tgi("--max-concurrent-requests", "512")), 1.1*plain)
	require.Greater(t, of(tgi("--cuda-graphs", "1,2,4,8,16,32,64,128")), 1.01*plain, "batches above 32 run without graphs by default")
	require.Greater(t, of(tgi("--quantize", "fp8", "--cuda-graphs", "1,32,128")), 1.1*of(tgi("--cuda-graphs", "1,32,128")))

	rival := of(sglang())
	require.InEpsilon(t, of(launch(llama8B)), rival, 0.4)
	require.Less(t, of(sglang("--max-running-requests", "32")), 0.6*rival)
	few := of(sglang("--max-running-requests", "32"))
	require.Less(t, of(sglang("--max-running-requests", "32", "--disable-cuda-graph", "")), 0.9*few)
	require.Less(t, of(sglang("--max-running-requests", "32", "--disable-overlap-schedule", "")), 0.95*few)
	require.Less(t, of(sglang("--max-total-tokens", "20000")), 0.6*rival)
}
