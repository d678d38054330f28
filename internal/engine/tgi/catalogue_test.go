package tgi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestCatalogue_EveryEntryIsComplete(t *testing.T) {
	t.Parallel()
	c := tgi.New().Catalogue()
	require.Equal(t, serving.TGI, c.Engine)
	for _, p := range c.Parameters {
		require.True(t, strings.HasPrefix(p.Flag, "--"), p.Flag)
		require.NotEmpty(t, p.Description, p.Flag)
		require.NotEmpty(t, p.Default, p.Flag)
		require.True(t, p.RequiresRestart, p.Flag)
		require.Empty(t, p.Negation, "%s: clap has no negations", p.Flag)
		require.False(t, p.Multiple, "%s: clap's lists are one word", p.Flag)
		require.Equal(t, p.Type == engine.Enum, len(p.Enum) > 1, p.Flag)
		_, ok := engine.ParseVersion(p.Since)
		require.Equal(t, p.Since != "", ok, p.Flag)
	}
}

func TestCatalogue_KnowsTheFlagsThatMatter(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]struct {
		risk   serving.RiskClass
		family serving.Family
	}{
		"--max-batch-total-tokens":   {serving.RiskCheap, serving.FamilyKVCache},
		"--kv-cache-dtype":           {serving.RiskNumerics, serving.FamilyKVCache},
		"--cuda-memory-fraction":     {serving.RiskCheap, serving.FamilyKVCache},
		"--max-concurrent-requests":  {serving.RiskCheap, serving.FamilyBatching},
		"--max-batch-prefill-tokens": {serving.RiskCheap, serving.FamilyBatching},
		"--waiting-served-ratio":     {serving.RiskCheap, serving.FamilyBatching},
		"--max-waiting-tokens":       {serving.RiskCheap, serving.FamilyBatching},
		"--quantize":                 {serving.RiskNumerics, serving.FamilyQuantization},
		"--dtype":                    {serving.RiskNumerics, serving.FamilyQuantization},
		"--speculate":                {serving.RiskNumerics, serving.FamilySpeculation},
		"--cuda-graphs":              {serving.RiskCheap, serving.FamilyCUDAGraphs},
		"--num-shard":                {serving.RiskGPUSurge, serving.FamilyParallelism},
		"--max-total-tokens":         {serving.RiskCapabilityCut, ""},
		"--max-input-length":         {serving.RiskCapabilityCut, ""},
	} {
		p, ok := tgi.New().Catalogue().Parameter(flag)
		require.True(t, ok, flag)
		require.Equal(t, want.risk, p.Risk, flag)
		require.Equal(t, want.family, p.Family, flag)
	}
}
