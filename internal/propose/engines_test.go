package propose_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func engineOf(t require.TestingT, kind serving.EngineKind) engine.Engine {
	e, err := known.Engines().Engine(kind)
	require.NoError(t, err)
	return e
}

// launched reads a real command line of any engine.
func launched(t require.TestingT, kind serving.EngineKind, flags ...string) serving.EngineConfig {
	args := map[serving.EngineKind][]string{
		serving.VLLM:   {"vllm", "serve", llama8B},
		serving.TGI:    {"text-generation-launcher", "--model-id", llama8B},
		serving.SGLang: {"python", "-m", "sglang.launch_server", "--model-path", llama8B},
	}[kind]
	cfg, err := engineOf(t, kind).Parse(append(slices.Clone(args), flags...))
	require.NoError(t, err)
	cfg.Version = map[serving.EngineKind]string{serving.VLLM: "0.20.1", serving.TGI: "3.3.7", serving.SGLang: "0.5.15"}[kind]
	return cfg
}

// found is a finding as diagnosis states it.
func found(kind serving.BottleneckKind, families ...serving.Family) serving.Bottleneck {
	return serving.Bottleneck{Kind: kind, Severity: serving.SeverityHigh, Confidence: 0.9, Summary: "it was measured", Families: families}
}

func recommendFor(t *testing.T, in propose.Input) []serving.Recommendation {
	t.Helper()
	recs, err := propose.Recommend(in, engineOf(t, in.Fleet.Config.Engine))
	require.NoError(t, err)
	return recs
}

func TestRecommend_TheFirstAnswersTheFirstFinding_InEveryEngine(t *testing.T) {
	t.Parallel()
	kvFirst := []serving.Family{serving.FamilyKVCache, serving.FamilyQuantization, serving.FamilyReplicas}
	for _, c := range []struct {
		name    string
		kind    serving.EngineKind
		flags   []string
		finding serving.Bottleneck
		want    string
	}{
		{"TGI, no graphs", serving.TGI, []string{"--cuda-graphs", "0"}, found(serving.BottleneckHostOverhead, serving.FamilyCUDAGraphs), "cuda-graphs/remove-cuda-graphs"},
		{"TGI, half of the memory", serving.TGI, []string{"--cuda-memory-fraction", "0.5"}, found(serving.BottleneckKVPressure, kvFirst...), "kv-cache/cuda-memory-fraction-1.00"},
		{"SGLang, a stated size", serving.SGLang, []string{"--max-total-tokens", "20000"}, found(serving.BottleneckKVPressure, kvFirst...), "kv-cache/remove-max-total-tokens"},
		{"TGI, slow conversion", serving.TGI, []string{"--quantize", "bitsandbytes"}, found(serving.BottleneckDecodeBound, serving.FamilyQuantization), "quantization/eetq"},
		{"TGI, drafts", serving.TGI, []string{"--speculate", "3"}, found(serving.BottleneckSpeculation, serving.FamilySpeculation), "speculative-decoding/disable"},
		{"SGLang, no graphs", serving.SGLang, []string{"--disable-cuda-graph"}, found(serving.BottleneckHostOverhead, serving.FamilyCUDAGraphs), "cuda-graphs/remove-disable-cuda-graph"},
		{"SGLang, no radix cache", serving.SGLang, []string{"--disable-radix-cache"}, found(serving.BottleneckLowPrefixReuse, serving.FamilyPrefixCaching), "prefix-caching/enable"},
		{"SGLang, whole prompts", serving.SGLang, []string{"--chunked-prefill-size", "-1"}, found(serving.BottleneckInterference, serving.FamilyChunkedPrefill, serving.FamilyBatching), "chunked-prefill/enable"},
		{"SGLang, little memory", serving.SGLang, []string{"--mem-fraction-static", "0.5"}, found(serving.BottleneckKVPressure, kvFirst...), "kv-cache/mem-fraction-static-0.90"},
		{"SGLang, drafts", serving.SGLang, []string{"--speculative-algorithm", "NGRAM"}, found(serving.BottleneckSpeculation, serving.FamilySpeculation), "speculative-decoding/disable"},
		{"vLLM, uneven", serving.VLLM, nil, found(serving.BottleneckImbalance, serving.FamilyReplicas), "replicas/rebalance"},
		{"vLLM, oversized", serving.VLLM, nil, found(serving.BottleneckOversized, serving.FamilyReplicas), "replicas/remove-1"},
	} {
		in := input(launched(t, c.kind, c.flags...), "H100")
		if slices.Contains(c.flags, "--max-batch-total-tokens") {
			in.Fleet.Config.Version = "2.3.1" // from 2.4.1 on the flag is ignored
		}
		in.Bottlenecks = []serving.Bottleneck{c.finding}
		in.Snapshot.Replicas = 2
		recs := recommendFor(t, in)
		require.NotEmpty(t, recs, c.name)
		require.Equal(t, c.want, recs[0].ID, c.name)
		require.Contains(t, recs[0].For, c.finding.Kind, c.name)
		require.Contains(t, recs[0].Rationale, "it was measured", c.name)
		if len(recs[0].Changes) > 0 {
			require.Contains(t, recs[0].Undo, "restart", c.name)
		}
	}
}

func TestRecommend_ASizeThatTheEngineIgnores_IsLeftAlone(t *testing.T) {
	t.Parallel()
	in := input(launched(t, serving.TGI, "--max-batch-total-tokens", "20000"), "H100")
	in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckKVPressure, serving.FamilyKVCache)}
	require.NotContains(t, ids(recommendFor(t, in)), "kv-cache/remove-max-batch-total-tokens", "flash attention sizes its own cache")
}

func TestRecommend_FewSlots_AreRaisedWithoutAModelToo(t *testing.T) {
	t.Parallel()
	in := input(launched(t, serving.SGLang, "--max-running-requests", "16"), "Voodoo2")
	in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckSlotBound, serving.FamilyBatching)}
	recs := recommendFor(t, in)
	require.Equal(t, "batching/max-running-requests-64", recs[0].ID)
	require.Contains(t, recs[0].Effect.Basis, "not modelled")
}

func TestRecommend_SGLangAdmission_ByWhatTheCacheShows(t *testing.T) {
	t.Parallel()
	held := found(serving.BottleneckSlotBound, serving.FamilyBatching)
	held.Evidence = []serving.Evidence{{Name: "schedule_conservativeness", Observed: 1.3, Threshold: 1}}
	in := input(launched(t, serving.SGLang, "--schedule-conservativeness", "1.3"), "H100")
	in.Bottlenecks = []serving.Bottleneck{held}
	require.Equal(t, "batching/schedule-conservativeness-0.3", recommendFor(t, in)[0].ID)

	in = input(launched(t, serving.SGLang, "--schedule-conservativeness", "0.3"), "H100")
	in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckKVPressure, serving.FamilyBatching)}
	in.Snapshot.Preemptions = serving.Known(50)
	require.Contains(t, ids(recommendFor(t, in)), "batching/schedule-conservativeness-1", "retractions: back to the engine's own value")
	in.Snapshot.Preemptions = serving.Known(0)
	require.NotContains(t, ids(recommendFor(t, in)), "batching/schedule-conservativeness-1")
}

func TestRecommend_GraphsForTheBatchThatIsSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind         serving.EngineKind
		flags        []string
		flag, change string
	}{
		{serving.TGI, nil, "--cuda-graphs", "1,2,4,8,16,32,64,128"},
		{serving.SGLang, []string{"--cuda-graph-max-bs-decode", "16"}, "--cuda-graph-max-bs-decode", "128"},
	} {
		in := input(launched(t, c.kind, c.flags...), "H100")
		in.Snapshot.Replicas, in.Snapshot.Running = 2, serving.Known(160)
		in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckHostOverhead, serving.FamilyCUDAGraphs)}
		recs := recommendFor(t, in)
		require.Equal(t, c.flag, recs[0].Changes[0].Flag)
		require.Equal(t, c.change, *recs[0].Changes[0].To)
	}
}

func TestRecommend_Speculation_OnlyAtSmallBatchesWhereGapsAreTheTrouble(t *testing.T) {
	t.Parallel()
	slow := found(serving.BottleneckDecodeBound, serving.FamilyQuantization, serving.FamilySpeculation)
	for _, kind := range []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang} {
		in := input(launched(t, kind), "H100")
		in.Snapshot.Replicas, in.Snapshot.Running = 2, serving.Known(8)
		in.Bottlenecks = []serving.Bottleneck{slow}
		recs := recommendFor(t, in)
		i := slices.Index(ids(recs), "speculative-decoding/ngram")
		require.GreaterOrEqual(t, i, 0, "%s: %v", kind, ids(recs))
		require.NotEmpty(t, recs[i].Prerequisites)
		require.Empty(t, engineOf(t, kind).Validate(propose.Apply(in.Fleet.Config, recs[i].Changes), in.Fleet.Hardware))

		in.Snapshot.Running = serving.Known(80)
		require.NotContains(t, ids(recommendFor(t, in)), "speculative-decoding/ngram", "never at high load")
		in.Snapshot.Running, in.Bottlenecks = serving.Known(8), nil
		require.NotContains(t, ids(recommendFor(t, in)), "speculative-decoding/ngram", "nobody complains about gaps")
	}
}

func TestRecommend_RefusalsAtTheLimit_RaiseIt(t *testing.T) {
	t.Parallel()
	errors := found(serving.BottleneckErrors, serving.FamilyBatching)
	in := input(launched(t, serving.TGI), "H100")
	in.Snapshot.Replicas, in.Bottlenecks = 2, []serving.Bottleneck{errors}
	require.Empty(t, recommendFor(t, in)[0].For, "a failure that is no refusal has no answer")
	errors.Evidence = []serving.Evidence{{Name: diagnose.EvidenceAdmission, Observed: 250, Threshold: 256}}
	in.Bottlenecks = []serving.Bottleneck{errors}
	require.Equal(t, "batching/max-concurrent-requests-512", recommendFor(t, in)[0].ID)
}

func TestRecommend_MissesOfSharedPrefixes_AreTheRoutersAndTheOrders(t *testing.T) {
	t.Parallel()
	in := input(launched(t, serving.SGLang), "H100")
	in.Snapshot.Replicas = 4
	in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckLowPrefixReuse, serving.FamilyPrefixCaching)}
	got := ids(recommendFor(t, in))
	require.Equal(t, []string{"prefix-caching/schedule-policy-lpm", "prefix-caching/sticky-routing"}, got[:2])
}

func TestAdvice_IsNoCandidateAndNeedsNoPermission(t *testing.T) {
	t.Parallel()
	in := allowing(input(launched(t, serving.VLLM, "--quantization", "fp8", "--kv-cache-dtype", "fp8"), "H100"), serving.RiskCheap)
	in.Bottlenecks = []serving.Bottleneck{found(serving.BottleneckQueueSaturated, serving.FamilyReplicas)}
	recs := recommendFor(t, in)
	require.Equal(t, serving.FamilyReplicas, recs[0].Family)
	require.Empty(t, recs[0].Changes)
	require.Empty(t, recs[0].Undo)
	require.Contains(t, recs[0].Prerequisites[0], "spare GPUs")
	for _, c := range propose.Candidates(in, recs, engineOf(t, serving.VLLM), 0) {
		require.NotContains(t, c.Recommendations, recs[0].ID)
	}
}

// Whatever an operator has set and diagnosis has found, nothing is recommended
// that the engine would refuse, that cuts what users have, or that says nothing.
func TestRecommend_AnyConfigurationAndFindings_ValidatesInEveryEngine(t *testing.T) {
	t.Parallel()
	flags := map[serving.EngineKind][][]string{
		serving.VLLM: {{"--enforce-eager"}, {"--max-num-seqs", "16"}, {"--gpu-memory-utilization", "0.5"}, {"--no-enable-prefix-caching"},
			{"--max-num-batched-tokens", "1024"}, {"--kv-cache-dtype", "fp8"}, {"--quantization", "fp8"}, {"--no-async-scheduling"},
			{"--speculative-config", `{"method":"ngram","num_speculative_tokens":4}`}},
		serving.TGI: {{"--cuda-graphs", "0"}, {"--max-concurrent-requests", "16"}, {"--cuda-memory-fraction", "0.5"}, {"--max-batch-prefill-tokens", "1024"},
			{"--kv-cache-dtype", "fp8_e4m3fn"}, {"--quantize", "fp8"}, {"--speculate", "3"}, {"--max-batch-total-tokens", "50000"}, {"--max-batch-size", "8"}},
		serving.SGLang: {{"--disable-cuda-graph"}, {"--max-running-requests", "16"}, {"--mem-fraction-static", "0.5"}, {"--disable-radix-cache"},
			{"--chunked-prefill-size", "-1"}, {"--kv-cache-dtype", "fp8_e5m2"}, {"--quantization", "fp8"}, {"--schedule-conservativeness", "1.3"},
			{"--enable-mixed-chunk"}, {"--schedule-policy", "lof"}, {"--disable-overlap-schedule"}},
	}
	kinds := []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang}
	limits := []serving.BottleneckKind{serving.BottleneckKVPressure, serving.BottleneckSlotBound, serving.BottleneckPrefillBound, serving.BottleneckDecodeBound,
		serving.BottleneckLowPrefixReuse, serving.BottleneckQueueSaturated, serving.BottleneckHostOverhead, serving.BottleneckErrors,
		serving.BottleneckImbalance, serving.BottleneckOversized, serving.BottleneckInterference, serving.BottleneckSpeculation}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "engine")
		var args []string
		for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(flags[kind]), 0, 4, func(f []string) string { return f[0] }).Draw(t, "flags") {
			args = append(args, f...)
		}
		in := allRisks(input(launched(t, kind, args...), rapid.SampledFrom([]string{"H100", "A100-80", "L4", "L40S", "B200", "Voodoo2"}).Draw(t, "gpu")))
		in.Snapshot.Replicas, in.Snapshot.Running = 2, serving.Known(rapid.Float64Range(0, 300).Draw(t, "running"))
		in.Snapshot.Preemptions = serving.Known(10)
		for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(limits), 0, 3, rapid.ID).Draw(t, "findings") {
			in.Bottlenecks = append(in.Bottlenecks, found(k, serving.FamilyReplicas))
		}
		e := engineOf(t, kind)
		if len(e.Validate(in.Fleet.Config, in.Fleet.Hardware)) > 0 {
			t.Skip("the engine would not start as it is")
		}
		recs, err := propose.Recommend(in, e)
		require.NoError(t, err)
		for _, r := range recs {
			cfg := propose.Apply(in.Fleet.Config, r.Changes)
			require.Empty(t, e.Validate(cfg, in.Fleet.Hardware), "%s on %v", r.ID, in.Fleet.Config.FlagList())
			require.NotEqual(t, serving.RiskCapabilityCut, r.Risk)
			require.True(t, r.Title != "" && r.Mechanism != "" && r.Rationale != "" && r.WrongIf != "" && r.Effect.Basis != "", r.ID)
			require.LessOrEqual(t, r.Effect.ThroughputLow, r.Effect.ThroughputHigh, r.ID)
			require.True(t, len(r.Changes) == 0 || !cfg.Equal(in.Fleet.Config), "%s changes nothing", r.ID)
			for _, c := range r.Changes {
				p, known := e.Catalogue().Parameter(c.Flag)
				require.True(t, c.Flag == "model" || known && p.Risk != serving.RiskCapabilityCut, "%s touches %s", r.ID, c.Flag)
			}
		}
	})
}

func TestDefaults_OfEveryEngine_DropWhatOnlySetsSpeed(t *testing.T) {
	t.Parallel()
	for kind, flags := range map[serving.EngineKind][]string{
		serving.TGI:    {"--max-total-tokens", "8192", "--cuda-graphs", "0", "--quantize", "fp8"},
		serving.SGLang: {"--context-length", "8192", "--disable-cuda-graph", "--quantization", "fp8", "--cuda-graph-max-bs-decode", "8"},
	} {
		got := propose.Defaults(serving.Fleet{Config: launched(t, kind, flags...)})
		require.Equal(t, []string{flags[0] + " 8192"}, got.Config.FlagList(), kind)
		require.Equal(t, serving.RiskNumerics, got.Risk)
	}
}

// A flag that no catalogue knows is one that no engine takes.
func TestDialects_SpeakFlagsOfTheirCatalogues(t *testing.T) {
	t.Parallel()
	for _, kind := range []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang} {
		d, c := dialect.Of(kind), engineOf(t, kind).Catalogue()
		names := []string{d.Slots.Flag, d.Ranks.Flag, d.Admission.Flag, d.Budget.Flag, d.MemoryShare.Flag, d.KVSize.Flag, d.KVType.Flag, d.Quantization.Flag,
			d.GraphBatch.Flag, d.TensorParallel.Flag, d.Conservativeness.Flag, d.Policy, d.Drafts.Flag, d.Mixed.Enable.Flag, d.Overlap.Enable.Flag, d.Prefix.Enable.Flag}
		for _, s := range d.DraftNGram {
			names = append(names, s.Flag)
		}
		for _, name := range names {
			_, has := c.Parameter(name)
			require.True(t, name == "" || has, "%s: %s", kind, name)
		}
	}
}
