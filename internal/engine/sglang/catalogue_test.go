package sglang_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestCatalogue_EveryEntryIsCompleteAndItsNamesAreItsOwn(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, p := range sglang.New().Catalogue().Parameters {
		require.True(t, strings.HasPrefix(p.Flag, "--"), p.Flag)
		require.NotContains(t, p.Flag, "_", "SGLang spells flags with dashes")
		require.NotEmpty(t, p.Description, p.Flag)
		require.NotEmpty(t, p.Default, p.Flag)
		require.Contains(t, p.Source, "python/sglang/", p.Flag)
		require.Empty(t, p.Negation, "%s: SGLang has no --no- forms", p.Flag)
		require.Equal(t, p.Type == engine.Enum, len(p.Enum) > 1, p.Flag)
		_, ok := engine.ParseVersion(p.Since)
		require.Equal(t, p.Since != "", ok, p.Flag)
		for _, name := range append([]string{p.Flag}, p.Aliases...) {
			require.Empty(t, owner[name], "%s belongs to two parameters", name)
			owner[name] = p.Flag
		}
	}
}

func TestCatalogue_KnowsTheFlagsThatMatter(t *testing.T) {
	t.Parallel()
	c := sglang.New().Catalogue()
	require.Equal(t, serving.SGLang, c.Engine)
	require.Equal(t, "0.4.0 to 0.5.18", c.Versions)
	for flag, want := range map[string]struct {
		risk   serving.RiskClass
		family serving.Family
	}{
		"--mem-fraction-static": {serving.RiskCheap, serving.FamilyKVCache}, "--max-total-tokens": {serving.RiskCheap, serving.FamilyKVCache},
		"--kv-cache-dtype": {serving.RiskNumerics, serving.FamilyKVCache}, "--page-size": {serving.RiskCheap, serving.FamilyKVCache},
		"--enable-hierarchical-cache": {serving.RiskCheap, serving.FamilyKVCache}, "--hicache-ratio": {serving.RiskCheap, serving.FamilyKVCache},
		"--quantization": {serving.RiskNumerics, serving.FamilyQuantization}, "--dtype": {serving.RiskNumerics, serving.FamilyQuantization},
		"--max-running-requests": {serving.RiskCheap, serving.FamilyBatching}, "--schedule-policy": {serving.RiskCheap, serving.FamilyBatching},
		"--schedule-conservativeness": {serving.RiskCheap, serving.FamilyBatching}, "--retraction-policy": {serving.RiskCheap, serving.FamilyBatching},
		"--num-continuous-decode-steps": {serving.RiskCheap, serving.FamilyBatching}, "--disable-overlap-schedule": {serving.RiskCheap, serving.FamilyBatching},
		"--chunked-prefill-size": {serving.RiskCheap, serving.FamilyChunkedPrefill}, "--max-prefill-tokens": {serving.RiskCheap, serving.FamilyChunkedPrefill},
		"--enable-mixed-chunk": {serving.RiskCheap, serving.FamilyChunkedPrefill}, "--disable-radix-cache": {serving.RiskCheap, serving.FamilyPrefixCaching},
		"--radix-eviction-policy": {serving.RiskCheap, serving.FamilyPrefixCaching}, "--speculative-algorithm": {serving.RiskNumerics, serving.FamilySpeculation},
		"--tp": {serving.RiskGPUSurge, serving.FamilyParallelism}, "--pipeline-parallel-size": {serving.RiskGPUSurge, serving.FamilyParallelism},
		"--dp": {serving.RiskGPUSurge, serving.FamilyParallelism}, "--ep": {serving.RiskCheap, serving.FamilyParallelism},
		"--enable-dp-attention": {serving.RiskCheap, serving.FamilyParallelism}, "--cuda-graph-max-bs": {serving.RiskCheap, serving.FamilyCUDAGraphs},
		"--cuda-graph-max-bs-decode": {serving.RiskCheap, serving.FamilyCUDAGraphs}, "--disable-cuda-graph": {serving.RiskCheap, serving.FamilyCUDAGraphs},
		"--cpu-offload-gb": {serving.RiskCheap, serving.FamilyKVCache}, "--enable-metrics": {serving.RiskCheap, ""},
		"--context-length": {serving.RiskCapabilityCut, ""}, "--served-model-name": {serving.RiskCapabilityCut, ""}, "--max-queued-requests": {serving.RiskCapabilityCut, ""},
	} {
		p, ok := c.Parameter(flag)
		require.True(t, ok, flag)
		require.Equal(t, want.risk, p.Risk, flag)
		require.Equal(t, want.family, p.Family, flag)
	}
}

func TestCatalogue_OnlyWhatCanChangeAtRunTimeNeedsNoRestart(t *testing.T) {
	t.Parallel()
	var live []string
	for _, p := range sglang.New().Catalogue().Parameters {
		if !p.RequiresRestart {
			live = append(live, p.Flag)
		}
	}
	require.ElementsMatch(t, []string{"--pp-max-micro-batch-size", "--speculative-accept-threshold-single", "--speculative-accept-threshold-acc"}, live,
		"the fields that /set_internal_state takes")
}

func TestCatalogue_SecretsAreNotParameters(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--api-key", "--admin-api-key", "--ssl-keyfile-password"} {
		_, known := sglang.New().Catalogue().Parameter(flag)
		require.False(t, known, flag)
	}
}
