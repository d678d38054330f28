package vllm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestCatalogue_EveryEntryIsCompleteAndItsNamesAreItsOwn(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, p := range vllm.New().Catalogue().Parameters {
		require.True(t, strings.HasPrefix(p.Flag, "--"), p.Flag)
		require.NotEmpty(t, p.Description, p.Flag)
		require.NotEmpty(t, p.Source, p.Flag)
		require.NotEmpty(t, p.Risk, p.Flag)
		require.True(t, p.RequiresRestart, p.Flag)
		require.Equal(t, p.Type == engine.Bool, p.Negation != "", p.Flag)
		require.Equal(t, p.Type == engine.Enum, len(p.Enum) > 1, p.Flag)
		if p.Removed == "" {
			require.NotEmpty(t, p.Default, p.Flag)
		}
		for _, version := range []string{p.Since, p.Removed} {
			_, ok := engine.ParseVersion(version)
			require.Equal(t, version != "", ok, p.Flag)
		}
		for _, name := range append([]string{p.Flag, p.Negation}, p.Aliases...) {
			if name == "" {
				continue
			}
			require.Empty(t, owner[name], "%s belongs to two parameters", name)
			owner[name] = p.Flag
		}
	}
}

func TestCatalogue_KnowsTheFlagsThatMatter(t *testing.T) {
	t.Parallel()
	c := vllm.New().Catalogue()
	require.Equal(t, serving.VLLM, c.Engine)
	for flag, risk := range map[string]serving.RiskClass{
		"--gpu-memory-utilization": serving.RiskCheap, "--kv-cache-dtype": serving.RiskNumerics, "--block-size": serving.RiskCheap,
		"--max-model-len": serving.RiskCapabilityCut, "--max-num-seqs": serving.RiskCheap, "--max-num-batched-tokens": serving.RiskCheap,
		"--enable-chunked-prefill": serving.RiskCheap, "--enable-prefix-caching": serving.RiskCheap, "--quantization": serving.RiskNumerics,
		"--dtype": serving.RiskNumerics, "--enforce-eager": serving.RiskCheap, "--tensor-parallel-size": serving.RiskGPUSurge,
		"--pipeline-parallel-size": serving.RiskGPUSurge, "--data-parallel-size": serving.RiskGPUSurge, "--async-scheduling": serving.RiskCheap,
		"--long-prefill-token-threshold": serving.RiskCheap, "--stream-interval": serving.RiskCheap, "--speculative-config": serving.RiskNumerics,
		"--cpu-offload-gb": serving.RiskCheap, "--swap-space": serving.RiskCheap, "--watermark": serving.RiskCheap,
		"--scheduling-policy": serving.RiskCheap, "--served-model-name": serving.RiskCapabilityCut, "--cudagraph-capture-sizes": serving.RiskCheap,
		"--max-cudagraph-capture-size": serving.RiskCheap, "--api-server-count": serving.RiskCheap,
	} {
		p, ok := c.Parameter(flag)
		require.True(t, ok, flag)
		require.Equal(t, risk, p.Risk, flag)
	}
}

func TestCatalogue_JSON_ShowsUnboundedAsNull(t *testing.T) {
	t.Parallel()
	p, _ := vllm.New().Catalogue().Parameter("--max-num-seqs")
	data, err := json.Marshal(p)
	require.NoError(t, err)
	require.Contains(t, string(data), `"min":1,"max":null`)
	require.Contains(t, string(data), `"flag":"--max-num-seqs"`)
}
