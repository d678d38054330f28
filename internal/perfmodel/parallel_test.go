package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
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
