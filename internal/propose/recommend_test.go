package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestRecommend_MistunedFleet_NamesEveryMistakeInOrderOfRisk(t *testing.T) {
	t.Parallel()
	got := ids(recommend(t, input(mistuned(t), "H100")))
	require.Equal(t, []string{
		"cuda-graphs/remove-enforce-eager", "kv-cache/gpu-memory-utilization-0.92", "prefix-caching/enable",
		"batching/max-num-seqs-512", "quantization/fp8", "kv-cache/fp8",
	}, got)
	require.Equal(t, got, ids(recommend(t, input(mistuned(t), "H100"))), "stable")
}

func TestRecommend_EveryRecommendation_ExplainsItselfAndIsValid(t *testing.T) {
	t.Parallel()
	eng := vllm.New()
	for _, in := range []propose.Input{
		allRisks(input(mistuned(t), "H100")),
		allRisks(input(serve(t, llama8B), "A100-80")),
		allRisks(input(serve(t, llama8B, "--max-model-len", "8192"), "L4")),
		input(serve(t, llama8B, "--no-enable-chunked-prefill", "--max-model-len", "16384", "--no-async-scheduling"), "H100"),
		input(serve(t, "unknown/model-9b", "--enforce-eager", "--no-enable-prefix-caching"), "H100"),
	} {
		recs := recommend(t, in)
		require.NotEmpty(t, recs)
		seen := map[string]bool{}
		for _, r := range recs {
			require.False(t, seen[r.ID], r.ID)
			seen[r.ID] = true
			require.NotEmpty(t, r.Title, r.ID)
			require.NotEmpty(t, r.Mechanism, r.ID)
			require.NotEmpty(t, r.Rationale, r.ID)
			require.NotEmpty(t, r.WrongIf, r.ID)
			require.NotEmpty(t, r.Effect.Basis, r.ID)
			require.Positive(t, r.Effect.ThroughputLow, r.ID)
			require.Greater(t, r.Effect.ThroughputHigh, r.Effect.ThroughputLow, r.ID)
			require.Equal(t, serving.SourceRule, r.Source)
			cfg := propose.Apply(in.Fleet.Config, r.Changes)
			require.Empty(t, eng.Validate(cfg, in.Fleet.Hardware), r.ID)
			require.False(t, cfg.Equal(in.Fleet.Config), r.ID)
		}
	}
}

func TestRecommend_AlreadyTuned_HasNothingToSay(t *testing.T) {
	t.Parallel()
	in := input(serve(t, llama8B, "--quantization", "fp8", "--kv-cache-dtype", "fp8"), "H100")
	require.Empty(t, recommend(t, in))
	require.Empty(t, candidates(t, in, 10))
}

func TestRecommend_NeverCutsCapabilities(t *testing.T) {
	t.Parallel()
	for _, cfg := range []serving.EngineConfig{mistuned(t), serve(t, llama8B), serve(t, llama8B, "--max-model-len", "8192")} {
		for _, gpu := range []string{"H100", "L40S", "A100-80"} {
			for _, r := range recommend(t, allRisks(input(cfg, gpu))) {
				require.NotEqual(t, serving.RiskCapabilityCut, r.Risk)
				for _, c := range r.Changes {
					require.NotContains(t, []string{"--max-model-len", "--served-model-name", "--stream-interval", "--tensor-parallel-size"}, c.Flag)
				}
			}
		}
	}
}

func TestRecommend_OnlyRisksThatThePolicyAllows(t *testing.T) {
	t.Parallel()
	for _, r := range recommend(t, allowing(input(mistuned(t), "H100"), serving.RiskCheap)) {
		require.Equal(t, serving.RiskCheap, r.Risk, r.ID)
	}
	for _, r := range recommend(t, input(mistuned(t), "H100")) {
		require.NotEqual(t, serving.RiskNewWeights, r.Risk, "not allowed by the careful default: %s", r.ID)
	}
	require.Contains(t, ids(recommend(t, allRisks(input(serve(t, llama8B), "A100-80")))), "quantization/int8-w8a8")
}

func TestRecommend_Formats_OnlyWhereTheGPUHasThem(t *testing.T) {
	t.Parallel()
	short := []string{llama8B, "--max-model-len", "4096"}
	for _, c := range []struct {
		gpu       string
		fp8, int8 bool
	}{{"A10G", false, true}, {"A100-80", false, true}, {"L4", true, true}, {"H100", true, true}, {"B200", true, false}, {"MI300X", true, false}} {
		in := allRisks(input(serve(t, short...), c.gpu))
		in.Fleet.SLOs = nil
		got := ids(recommend(t, in))
		if c.fp8 {
			require.Contains(t, got, "quantization/fp8", c.gpu)
		} else {
			require.NotContains(t, got, "quantization/fp8", c.gpu)
			require.NotContains(t, got, "kv-cache/fp8", c.gpu)
		}
		if c.int8 {
			require.Contains(t, got, "quantization/int8-w8a8", c.gpu)
		} else {
			require.NotContains(t, got, "quantization/int8-w8a8", c.gpu)
		}
	}
}

func TestRecommend_QuantizedCheckpoint_IsNotQuantizedAgain(t *testing.T) {
	t.Parallel()
	in := allRisks(input(serve(t, "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w8a8"), "H100"))
	for _, r := range recommend(t, in) {
		require.NotEqual(t, serving.FamilyQuantization, r.Family, r.ID)
	}
}

func TestRecommend_ForcedKernels_AreFreed(t *testing.T) {
	t.Parallel()
	in := input(serve(t, "hugging-quants/Meta-Llama-3.1-8B-Instruct-GPTQ-INT4", "--quantization", "gptq"), "H100")
	recs := recommend(t, in)
	require.Contains(t, ids(recs), "quantization/free-kernels")
	top := candidates(t, in, 1)
	require.Len(t, top, 1)
	require.Greater(t, top[0].Predicted.ThroughputLow, 1.2)
	_, forced := top[0].Config.Get("--quantization")
	require.False(t, forced)
}

func TestRecommend_LongPromptsOnAStarvedCard_WantASmallerCache(t *testing.T) {
	t.Parallel()
	in := input(serve(t, llama8B, "--max-model-len", "8192"), "L4")
	in.Fleet.SLOs = nil
	in.Workload.PromptTokens.Mean, in.Workload.PrefixShare = 2000, 0
	in.Bottlenecks = []serving.Bottleneck{{Kind: serving.BottleneckKVPressure, Severity: serving.SeverityHigh, Summary: "the KV cache is full (99%) and 40 requests were preempted"}}
	recs, err := propose.RecommendFamily(in, serving.FamilyKVCache, vllm.New())
	require.NoError(t, err)
	require.Equal(t, []string{"kv-cache/gpu-memory-utilization-0.95", "kv-cache/fp8"}, ids(recs))
	for _, r := range recs {
		require.Contains(t, r.Rationale, "40 requests were preempted", "tied to the finding")
		require.Greater(t, r.Effect.ThroughputHigh, 1.1)
	}
}

func TestRecommend_PrefixCachingOff_IsAQuestionOfSharing(t *testing.T) {
	t.Parallel()
	in := input(serve(t, llama8B, "--no-enable-prefix-caching"), "H100")
	require.Contains(t, ids(recommend(t, in)), "prefix-caching/enable")

	in.Workload.PrefixShare, in.Workload.Source = 0, "given"
	require.NotContains(t, ids(recommend(t, in)), "prefix-caching/enable", "known to share nothing")

	in.Workload.Source = "observed"
	require.Contains(t, ids(recommend(t, in)), "prefix-caching/enable", "cannot be seen while it is off")
}

func TestRecommend_ChunkedPrefillAndAsyncSchedulingOff_AreSwitchedBackOn(t *testing.T) {
	t.Parallel()
	in := input(serve(t, llama8B, "--no-enable-chunked-prefill", "--max-model-len", "16384", "--no-async-scheduling"), "H100")
	in.Bottlenecks = []serving.Bottleneck{{Kind: serving.BottleneckPrefillBound, Summary: "prompts hold up decoding"}}
	recs := recommend(t, in)
	require.Contains(t, ids(recs), "chunked-prefill/enable")
	require.Contains(t, ids(recs), "batching/async-scheduling")
	for _, r := range recs {
		if r.ID == "chunked-prefill/enable" {
			require.Equal(t, []serving.FlagChange{{Flag: "--enable-chunked-prefill", From: text("false")}}, r.Changes)
		}
	}
}

func TestRecommend_IdleGPUsInAReplica_AreUsedButNeverMoreAskedFor(t *testing.T) {
	t.Parallel()
	in := input(serve(t, "Qwen/Qwen3-32B", "--max-model-len", "8192"), "H100")
	in.Fleet.Hardware.GPUs = 2
	require.Contains(t, ids(recommend(t, in)), "parallelism/tensor-parallel-2")
	in.Fleet.Hardware.GPUs = 1
	recs, err := propose.RecommendFamily(in, serving.FamilyParallelism, vllm.New())
	require.NoError(t, err)
	require.Empty(t, recs)
}

func TestRecommend_TightITL_GetsASmallerTokenBudget(t *testing.T) {
	t.Parallel()
	in := input(serve(t, llama8B), "H100")
	in.Fleet.SLOs = []serving.Objective{{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.02}}
	in.Workload.PromptTokens.Mean, in.Workload.PrefixShare = 12000, 0
	recs, err := propose.RecommendFamily(in, serving.FamilyBatching, vllm.New())
	require.NoError(t, err)
	require.Equal(t, []string{"batching/max-num-batched-tokens-1024"}, ids(recs))
	require.Contains(t, recs[0].Mechanism, "smaller chunks")
}

func TestRecommend_UnmodelledFleet_GetsRulesWithPublishedRanges(t *testing.T) {
	t.Parallel()
	in := input(serve(t, "unknown/model-9b", "--enforce-eager", "--gpu-memory-utilization", "0.6", "--no-enable-prefix-caching"), "H100")
	recs := recommend(t, in)
	require.Equal(t, []string{"cuda-graphs/remove-enforce-eager", "kv-cache/gpu-memory-utilization-0.92", "prefix-caching/enable", "quantization/fp8"}, ids(recs))
	for _, r := range recs {
		require.Contains(t, r.Effect.Basis, "not modelled")
	}
	got := propose.Candidates(in, recs, vllm.New(), 3)
	require.NotEmpty(t, got)
	require.Len(t, got[0].Recommendations, 4, "all together first")
}

func TestRecommend_UnmodelledFleetWithoutMistakes_IsLeftAlone(t *testing.T) {
	t.Parallel()
	in := input(serve(t, "unknown/model-9b"), "Voodoo2")
	require.Empty(t, recommend(t, in))
}

func TestRecommend_CatalogueOfAnotherEngine_IsAnError(t *testing.T) {
	t.Parallel()
	in := input(mistuned(t), "H100")
	in.Fleet.Config.Engine = serving.TGI
	_, err := propose.Recommend(in, vllm.New())
	require.ErrorIs(t, err, serving.ErrPermanent)
}

func TestRecommendFamily_ListsOneFamily(t *testing.T) {
	t.Parallel()
	for _, family := range []serving.Family{serving.FamilyKVCache, serving.FamilyQuantization, serving.FamilyBatching} {
		recs, err := propose.RecommendFamily(input(mistuned(t), "H100"), family, vllm.New())
		require.NoError(t, err)
		require.NotEmpty(t, recs, family)
		for _, r := range recs {
			require.Equal(t, family, r.Family)
		}
	}
}
