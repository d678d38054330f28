package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const llama70B = "meta-llama/Llama-3.1-70B-Instruct"

func TestCPUOffload_MakesModelsFitAndStepsSlow(t *testing.T) {
	t.Parallel()
	plain := model(t, "H100", 1, launch(llama8B))
	half := model(t, "H100", 1, launch(llama8B, "--cpu-offload-gb", "8"))
	require.Greater(t, half.KVBlocks(), plain.KVBlocks())
	one := perfmodel.Batch{Decodes: 1, DecodeContextTokens: 100}
	require.InDelta(t, 8*1.073741824/54, half.StepSeconds(one)-plain.StepSeconds(one), 0.002, "8 GiB over PCIe in each step")
	_ = model(t, "H100", 2, launch(llama70B, "--tensor-parallel-size", "2", "--cpu-offload-gb", "20"))
}

func TestPipeline_SplitsMemoryAndKeepsLatency(t *testing.T) {
	t.Parallel()
	one := model(t, "H100", 1, launch(llama8B))
	two := model(t, "H100", 2, launch(llama8B, "--pipeline-parallel-size", "2"))
	require.Greater(t, two.KVBlocks(), 2*one.KVBlocks())
	require.InEpsilon(t, one.WeightsBytes()/2, two.WeightsBytes(), 1e-9)
	alone := perfmodel.Batch{Decodes: 1, DecodeContextTokens: 500}
	require.GreaterOrEqual(t, two.StepSeconds(alone), one.StepSeconds(alone), "one sequence is in one stage at a time")
	many := perfmodel.Batch{Decodes: 512, DecodeContextTokens: 512 * 500}
	require.Less(t, two.StepSeconds(many), 0.75*one.StepSeconds(many))
}

func TestDataParallel_ServesAsManyReplicasWould(t *testing.T) {
	t.Parallel()
	w := workload(600, 250)
	one := model(t, "H100", 1, launch(llama8B))
	four := model(t, "H100", 4, launch(llama8B, "--data-parallel-size", "4"))
	require.Equal(t, one.KVBlocks(), four.KVBlocks(), "of each engine")
	require.InEpsilon(t, 4*perfmodel.MaxRate(one, w, nil), perfmodel.MaxRate(four, w, nil), 1e-6)
	a, b := perfmodel.Predict(one, w, 5), perfmodel.Predict(four, w, 20)
	require.InEpsilon(t, a.ITLSeconds, b.ITLSeconds, 1e-6)
	require.InEpsilon(t, 4*a.OutputTokensPerSecond, b.OutputTokensPerSecond, 1e-6)
}

func TestHostCache_HoldsTheBlocksThatItsSizeAllows(t *testing.T) {
	t.Parallel()
	require.Zero(t, model(t, "H100", 1, launch(llama8B)).HostBlocks())
	perBlock := 16 * 131072
	require.Equal(t, (10<<30)/perBlock, model(t, "H100", 1, launch(llama8B, "--kv-offloading-size", "10")).HostBlocks())
	two := model(t, "H100", 2, launch(llama8B, "--kv-offloading-size", "10", "--tensor-parallel-size", "2"))
	require.Equal(t, (10<<30)/perBlock, two.HostBlocks(), "the size is that of all ranks together")
	m := model(t, "H100", 1, sglang("--enable-hierarchical-cache", ""))
	require.Equal(t, 2*m.KVBlocks(), m.HostBlocks())
	copied := perfmodel.Batch{Prefills: []perfmodel.Chunk{{New: 10, Cached: 10000}}, HostTokens: 10000}
	fresh := copied
	fresh.HostTokens = 0
	require.InDelta(t, 10000*131072/54e9, m.StepSeconds(copied)-m.StepSeconds(fresh), 1e-4)
}

func TestSettingsOf_FlagsOutsideTheModel_AreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, cfg := range []serving.EngineConfig{
		launch(llama8B, "--enable-expert-parallel", ""), launch(llama8B, "--decode-context-parallel-size", "2"),
		launch(llama8B, "--scheduling-policy", "priority"), sglang("--ep-size", "2"), sglang("--retraction-policy", "priority"),
		sglang("--num-continuous-decode-steps", "4"),
	} {
		_, err := perfmodel.SettingsOf(cfg, serving.Hardware{GPU: "H100", GPUs: 8})
		require.ErrorContains(t, err, cfg.Flags[len(cfg.Flags)-1].Name)
		require.ErrorContains(t, err, "not modelled")
	}
	_ = settings(t, "H100", launch(llama8B, "--scheduling-policy", "fcfs", "--decode-context-parallel-size", "1"))
}
