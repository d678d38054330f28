package perfmodel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestNew_WeightsThatDoNotFit_AreRefused(t *testing.T) {
	t.Parallel()
	_, err := perfmodel.New(launch("meta-llama/Llama-3.1-70B-Instruct"), serving.Hardware{GPU: "H100"})
	require.ErrorContains(t, err, "no available memory for the cache blocks")
}

func TestNew_CacheTooSmallForOneRequest_SaysWhatWouldFit(t *testing.T) {
	t.Parallel()
	_, err := perfmodel.New(launch(llama8B), serving.Hardware{GPU: "L4"})
	require.ErrorContains(t, err, "max seq len (131072)")
	require.ErrorContains(t, err, "estimated maximum model length is ")
	_, err = perfmodel.New(launch(llama8B, "--max-model-len", "8192"), serving.Hardware{GPU: "L4"})
	require.NoError(t, err)
}

func TestNew_ExplicitCacheSize_IsUsedAndBounded(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, launch(llama8B, "--kv-cache-memory-bytes", "20G"))
	require.Equal(t, 20*(1<<30)/(16*131072), m.KVBlocks())
	_, err := perfmodel.New(launch(llama8B, "--kv-cache-memory-bytes", "90G"), serving.Hardware{GPU: "H100"})
	require.ErrorContains(t, err, "--kv-cache-memory-bytes")
}

func TestMemory_EachFlagActsInItsDirection(t *testing.T) {
	t.Parallel()
	blocks := func(flags ...string) int { return model(t, "H100", 2, launch(llama8B, flags...)).KVBlocks() }
	base := blocks()
	require.Less(t, blocks("--gpu-memory-utilization", "0.5"), base)
	require.InEpsilon(t, 2*base, blocks("--kv-cache-dtype", "fp8"), 0.001)
	require.Greater(t, blocks("--quantization", "fp8"), base)
	require.Greater(t, blocks("--enforce-eager", ""), base, "graphs take memory")
	require.Less(t, blocks("--max-num-batched-tokens", "65536"), base, "activations take memory")
	require.Greater(t, blocks("--tensor-parallel-size", "2"), 2*base, "a GPU holds half of the weights")
	require.InDelta(t, base/2, blocks("--block-size", "32"), 1)
	half := model(t, "H100", 1, launch(llama8B, "--quantization", "fp8")).WeightsBytes()
	whole := model(t, "H100", 1, launch(llama8B)).WeightsBytes()
	require.Greater(t, half, whole/2, "embeddings stay in 16 bits")
	require.InEpsilon(t, 2*8.03e9, whole, 0.01)
}

func TestStepSeconds_GrowsWithEveryPartOfTheBatch(t *testing.T) {
	t.Parallel()
	for _, m := range []perfmodel.Model{
		model(t, "H100", 1, launch(llama8B)),
		model(t, "A100-80", 2, launch("mistralai/Mixtral-8x7B-Instruct-v0.1", "--tensor-parallel-size", "2")),
		model(t, "H100", 1, launch("openai/gpt-oss-20b")),
	} {
		base := perfmodel.Batch{Decodes: 32, DecodeContextTokens: 32 * 1000, Prefills: []perfmodel.Chunk{{New: 700, Cached: 100}}}
		at := m.StepSeconds(base)
		require.Positive(t, at)
		more := base
		more.Decodes, more.DecodeContextTokens = 64, 64*1000
		require.Greater(t, m.StepSeconds(more), at)
		longer := base
		longer.DecodeContextTokens *= 4
		require.Greater(t, m.StepSeconds(longer), at)
		wider := base
		wider.Prefills = []perfmodel.Chunk{{New: 1400, Cached: 100}}
		require.Greater(t, m.StepSeconds(wider), at)
		deeper := base
		deeper.Prefills = []perfmodel.Chunk{{New: 700, Cached: 6000}}
		require.Greater(t, m.StepSeconds(deeper), at)
		require.Zero(t, m.StepSeconds(perfmodel.Batch{}))
	}
}

func TestStepSeconds_EagerMode_CannotBeFasterThanItsLaunches(t *testing.T) {
	t.Parallel()
	one := perfmodel.Batch{Decodes: 1, DecodeContextTokens: 500}
	graph := model(t, "H100", 1, launch(llama8B)).StepSeconds(one)
	eager := model(t, "H100", 1, launch(llama8B, "--enforce-eager", "")).StepSeconds(one)
	require.InEpsilon(t, 2.3, eager/graph, 0.05, "published size of the effect at batch 1")
	slow := model(t, "L4", 1, launch(llama8B, "--max-model-len", "8192")).StepSeconds(one)
	slowEager := model(t, "L4", 1, launch(llama8B, "--max-model-len", "8192", "--enforce-eager", "")).StepSeconds(one)
	require.InEpsilon(t, slow, slowEager, 0.01, "an L4 is slower than the CPU")
}

func TestStepSeconds_GraphPadding_MakesNearbyBatchesEqual(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, launch(llama8B, "--async-scheduling", "false"))
	at := func(n int) float64 { return m.StepSeconds(perfmodel.Batch{Decodes: n}) }
	require.Less(t, at(25)-at(24), at(24)-at(17)+at(25)-at(24))
	require.Greater(t, at(25)-at(24), (at(24)-at(17))/7, "the next graph size is a step")
}

func TestStepSeconds_AllocatesNothing(t *testing.T) {
	m := model(t, "H100", 4, launch("meta-llama/Llama-3.1-70B-Instruct", "--tensor-parallel-size", "4"))
	b := perfmodel.Batch{Decodes: 64, DecodeContextTokens: 64000, Prefills: []perfmodel.Chunk{{New: 512}, {New: 100, Cached: 512}}}
	require.Zero(t, testing.AllocsPerRun(100, func() { m.StepSeconds(b) }))
}

func TestAPISeconds_GrowsWithThePrompt(t *testing.T) {
	t.Parallel()
	m := model(t, "H100", 1, launch(llama8B))
	c := perfmodel.DefaultConstants()
	require.InDelta(t, c.APISeconds, m.APISeconds(0), 1e-12)
	require.InDelta(t, c.APISeconds+1000*c.APISecondsPerToken, m.APISeconds(1000), 1e-12)
	require.Greater(t, m.APISeconds(1000), m.APISeconds(0))
}

func BenchmarkStepSeconds(b *testing.B) {
	m, err := perfmodel.New(launch(llama8B), serving.Hardware{GPU: "H100"})
	require.NoError(b, err)
	batch := perfmodel.Batch{Decodes: 64, DecodeContextTokens: 64 * 700, Prefills: []perfmodel.Chunk{{New: 512}}}
	b.ReportAllocs()
	for b.Loop() {
		m.StepSeconds(batch)
	}
}
