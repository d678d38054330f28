package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func replica(endpoint string, running, waiting, requests float64) serving.ReplicaLoad {
	return serving.ReplicaLoad{Endpoint: endpoint, Running: serving.Known(running), Waiting: serving.Known(waiting),
		KVUsage: serving.Known(0.4), Requests: serving.Known(requests)}
}

func TestImbalance_OneReplicaCarriesTheLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replicas []serving.ReplicaLoad
		want     bool
		severity serving.Severity
	}{
		"alike":                       {[]serving.ReplicaLoad{replica("a", 26, 0, 310), replica("b", 24, 0, 290)}, false, ""},
		"one waits, the other idles":  {[]serving.ReplicaLoad{replica("a", 45, 20, 480), replica("b", 5, 0, 120)}, true, serving.SeverityHigh},
		"a slow machine":              {[]serving.ReplicaLoad{replica("a", 40, 0, 300), replica("b", 10, 0, 300)}, true, serving.SeverityMedium},
		"more requests, equal batch":  {[]serving.ReplicaLoad{replica("a", 25, 0, 520), replica("b", 25, 0, 80)}, true, serving.SeverityLow},
		"a handful by chance":         {[]serving.ReplicaLoad{replica("a", 3, 0, 14), replica("b", 1, 0, 6)}, false, ""},
		"three, the third idle":       {[]serving.ReplicaLoad{replica("a", 25, 0, 300), replica("b", 25, 0, 300), replica("c", 0, 0, 0)}, true, serving.SeverityMedium},
		"one replica has no opposite": {[]serving.ReplicaLoad{replica("a", 50, 0, 600)}, false, ""},
	} {
		in := healthy()
		in.Snapshot.PerReplica = c.replicas
		found := diagnose.Diagnose(in)
		if !c.want {
			require.NotContains(t, kinds(found), serving.BottleneckImbalance, name)
			continue
		}
		b := find(t, in, serving.BottleneckImbalance)
		require.Equal(t, c.severity, b.Severity, name)
		require.Equal(t, []serving.Family{serving.FamilyReplicas}, b.Families)
	}
}

func TestImbalance_UnknownLoad_IsNoImbalance(t *testing.T) {
	t.Parallel()
	in := healthy()
	silent := replica("b", 0, 0, 0)
	silent.Running = serving.Unknown()
	in.Snapshot.PerReplica = []serving.ReplicaLoad{replica("a", 50, 20, 600), silent}
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckImbalance)
}

func TestImbalance_ComesBeforeTheQueueItMakes(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Running, in.Snapshot.Waiting = serving.Known(66), serving.Known(80)
	in.Snapshot.TTFT, in.Snapshot.Queue = spread(600, 3), spread(600, 2.8)
	in.Snapshot.PerReplica = []serving.ReplicaLoad{replica("a", 64, 80, 500), replica("b", 2, 0, 100)}
	found := diagnose.Diagnose(in)
	require.Equal(t, serving.BottleneckImbalance, found[0].Kind)
	require.Equal(t, serving.SeverityCritical, found[0].Severity, "as severe as what it brings about")
}

func lightLoad() diagnose.Input {
	in := healthy()
	in.Fleet.Replicas, in.Snapshot.Replicas = 3, 3
	s := &in.Snapshot
	s.Running, s.KVUsage, s.KVUsageMax = serving.Known(6), serving.Known(0.03), serving.Known(0.06)
	s.FinishedByReason = map[string]float64{"stop": 60}
	in.Workload = &serving.Workload{RatePerSecond: 1, Source: "observed",
		PromptTokens: serving.Lengths{Mean: 1000, CV: 0.5}, OutputTokens: serving.Lengths{Mean: 250, CV: 0.5}}
	return in
}

func TestOversized_LoadFitsAReplicaLess(t *testing.T) {
	t.Parallel()
	b := top(t, lightLoad())
	require.Equal(t, serving.BottleneckOversized, b.Kind)
	require.Equal(t, serving.SeverityLow, b.Severity)
	predicted, ok := evidenceOf(b, "load_over_predicted_capacity_ratio")
	require.True(t, ok)
	require.Less(t, predicted.Observed, predicted.Threshold)
	unmodelled := lightLoad()
	unmodelled.Workload = nil
	require.Less(t, top(t, unmodelled).Confidence, b.Confidence, "slots and cache alone say less")
}

func TestOversized_NotWhileAnybodySuffersOrTheRemainderWouldBeFull(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*diagnose.Input){
		"one replica":          func(in *diagnose.Input) { in.Snapshot.Replicas = 1 },
		"a queue":              func(in *diagnose.Input) { in.Snapshot.Waiting = serving.Known(3) },
		"preemptions":          func(in *diagnose.Input) { in.Snapshot.Preemptions = serving.Known(1) },
		"late first tokens":    func(in *diagnose.Input) { in.Snapshot.TTFT = spread(60, 2) },
		"cache half full once": func(in *diagnose.Input) { in.Snapshot.KVUsageMax = serving.Known(0.5) },
		"busy GPUs":            func(in *diagnose.Input) { in.Snapshot.GPUUtilization = serving.Known(0.5) },
		"few requests":         func(in *diagnose.Input) { in.Snapshot.FinishedByReason = map[string]float64{"stop": 5} },
		"prompts that fill a replica": func(in *diagnose.Input) {
			in.Workload.PromptTokens.Mean, in.Workload.OutputTokens.Mean = 60_000, 4000
		},
	} {
		in := lightLoad()
		plant(&in)
		require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckOversized, name)
	}
}

func TestSpeculation_DraftsThatDoNotPay(t *testing.T) {
	t.Parallel()
	drafting := func(accepted, running float64) diagnose.Input {
		in := healthy()
		in.Fleet.Config = in.Fleet.Config.With("--speculative-config", `{"method":"ngram","num_speculative_tokens":4}`)
		in.Snapshot.DraftTokens, in.Snapshot.AcceptedTokens = serving.Known(100_000), serving.Known(accepted*100_000)
		in.Snapshot.Running = serving.Known(running)
		return in
	}
	require.NotContains(t, kinds(diagnose.Diagnose(drafting(0.6, 20))), serving.BottleneckSpeculation)
	few := find(t, drafting(0.1, 20), serving.BottleneckSpeculation)
	require.Equal(t, []serving.Family{serving.FamilySpeculation}, few.Families)
	crowded := find(t, drafting(0.6, 110), serving.BottleneckSpeculation)
	require.Less(t, crowded.Confidence, few.Confidence)
	require.Equal(t, serving.SeverityHigh, find(t, drafting(0.1, 110), serving.BottleneckSpeculation).Severity)

	uncounted := drafting(0.1, 20)
	uncounted.Snapshot.DraftTokens, uncounted.Snapshot.AcceptedTokens = serving.Unknown(), serving.Unknown()
	require.NotContains(t, kinds(diagnose.Diagnose(uncounted)), serving.BottleneckSpeculation, "unknown acceptance is not zero")
}

func TestHostOverhead_BatchBeyondTheLargestGraph(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]serving.EngineConfig{
		"TGI, default of 32": {Engine: serving.TGI},
		"TGI, listed":        {Engine: serving.TGI, Flags: []serving.Flag{{Name: "--cuda-graphs", Value: "1,2,4"}}},
		"SGLang":             {Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--cuda-graph-max-bs", Value: "16"}}},
		"SGLang, new name":   {Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--cuda-graph-max-bs-decode", Value: "16"}}},
	} {
		in := healthy()
		in.Fleet.Config = config
		in.Snapshot.Running = serving.Known(100)
		b := find(t, in, serving.BottleneckHostOverhead)
		require.Equal(t, []serving.Family{serving.FamilyCUDAGraphs}, b.Families, name)
		batch, ok := evidenceOf(b, "batch_requests")
		require.True(t, ok)
		require.Greater(t, batch.Observed, batch.Threshold)
	}
}

func TestPrefillBound_SmallBudget_IsTheCauseOfItsQueue(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Config = in.Fleet.Config.With("--max-num-batched-tokens", "256")
	in.Snapshot.TTFT, in.Snapshot.Waiting = spread(600, 0.6), serving.Known(8)
	b := top(t, in)
	require.Equal(t, serving.BottleneckPrefillBound, b.Kind)
	require.Equal(t, serving.FamilyBatching, b.Families[0])
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckQueueSaturated)
}

// TGI shows each request's mean time a token, its own prefill in it.
func TestInterference_OnlyMeansOfRequests_PrefillsAgainstTheModelledStep(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Derived = []serving.Derived{{Quantity: "itl", How: "at most: mean of each request"}}
	in.Snapshot.ITL, in.Snapshot.Prefill = spread(600, 0.04), spread(400, 0.3)
	b := find(t, in, serving.BottleneckInterference)
	step, ok := evidenceOf(b, "ordinary_step_seconds")
	require.True(t, ok)
	require.Less(t, step.Observed, 0.02, "what the model expects of a step")
	in.Snapshot.Prefill = spread(400, 0.01)
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckInterference, "prefills are short")
	in.Snapshot.Prefill, in.Fleet.Hardware.GPU = spread(400, 0.3), "Voodoo2"
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckInterference, "without a model nobody can tell")
}

func TestErrorRate_FullByItsOwnLimit_CallsForMoreAdmission(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Config = serving.EngineConfig{Engine: serving.TGI, Flags: []serving.Flag{{Name: "--max-concurrent-requests", Value: "32"}}}
	in.Snapshot.Errors, in.Snapshot.Running, in.Snapshot.Waiting = serving.Known(200), serving.Known(60), serving.Known(0)
	b := find(t, in, serving.BottleneckErrors)
	require.Equal(t, serving.FamilyBatching, b.Families[0])
	e, ok := evidenceOf(b, diagnose.EvidenceAdmission)
	require.True(t, ok)
	require.Equal(t, 64.0, e.Threshold, "of both replicas")
	in.Snapshot.Running = serving.Known(20)
	require.Empty(t, find(t, in, serving.BottleneckErrors).Families, "refusals have another reason")
}

func TestDecodeBound_SmallBatchAtTheSpeedOfTheHardware(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Hardware.GPU, in.Fleet.Config = "L4", in.Fleet.Config.With("--max-model-len", "8192")
	in.Snapshot.Running, in.Snapshot.ITL = serving.Known(8), spread(20_000, 0.062)
	b := top(t, in)
	require.Equal(t, serving.BottleneckDecodeBound, b.Kind, "16 GB of weights over 300 GB/s take 60 ms whatever the batch")
	require.Equal(t, serving.FamilyQuantization, b.Families[0])
	_, ok := evidenceOf(b, "predicted_step_seconds")
	require.True(t, ok)
}

func TestHeldBack_SGLangReservesTooMuch(t *testing.T) {
	t.Parallel()
	held := func(usage float64, flags ...serving.Flag) diagnose.Input {
		in := healthy()
		in.Fleet.Config = serving.EngineConfig{Engine: serving.SGLang, Flags: flags}
		in.Snapshot.Waiting, in.Snapshot.KVUsage = serving.Known(40), serving.Known(usage)
		return in
	}
	careful := serving.Flag{Name: "--schedule-conservativeness", Value: "1.6"}
	b := top(t, held(0.3, careful))
	require.Equal(t, serving.BottleneckSlotBound, b.Kind)
	require.Contains(t, b.Summary, "--schedule-conservativeness 1.6")
	require.Equal(t, serving.BottleneckSlotBound, top(t, held(0.7)).Kind, "the engine's own value may be too careful for short answers")
	require.NotEqual(t, serving.BottleneckSlotBound, top(t, held(0.2)).Kind, "at low use something else makes the queue")
	require.Equal(t, serving.BottleneckKVPressure, top(t, held(0.95, careful)).Kind)
	vllm := held(0.7)
	vllm.Fleet.Config.Engine = serving.VLLM
	require.NotEqual(t, serving.BottleneckSlotBound, top(t, vllm).Kind)
}

func TestComputeSaturated_AFullCacheIsASymptomOfPromptsThatComeFirst(t *testing.T) {
	t.Parallel()
	flooded := func(engine serving.EngineKind, prompt float64) diagnose.Input {
		in := healthy()
		in.Fleet.Config = serving.EngineConfig{Engine: engine, Version: "0.20.1", Model: in.Fleet.Config.Model}
		s := &in.Snapshot
		s.KVUsage, s.Waiting, s.Running = serving.Known(0.97), serving.Known(300), serving.Known(250)
		s.PrefixHitTokens, s.PromptTokens = serving.Known(0), serving.Known(prompt*600)
		s.TTFT, s.Queue, s.ITL = spread(600, 12), spread(600, 11), spread(12_000, 0.5)
		return in
	}
	require.Equal(t, serving.BottleneckQueueSaturated, top(t, flooded(serving.VLLM, 9000)).Kind, "prompts take all the time there is")
	require.Equal(t, serving.BottleneckKVPressure, top(t, flooded(serving.VLLM, 500)).Kind, "prompts are a small part")
	thrown := flooded(serving.VLLM, 9000)
	thrown.Snapshot.Preemptions = serving.Known(100)
	require.Equal(t, serving.BottleneckKVPressure, top(t, thrown).Kind, "who is thrown out lacks memory")
}

func TestReservations_CountAsUseWhereAnEngineShowsNoOther(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Config = serving.EngineConfig{Engine: serving.TGI, Model: in.Fleet.Config.Model}
	s := &in.Snapshot
	s.KVUsage, s.KVUsageMax, s.Preemptions = serving.Unknown(), serving.Unknown(), serving.Unknown()
	s.KVCapacityTokens, s.KVReservedTokens, s.Waiting = serving.Known(100_000), serving.Known(95_000), serving.Known(30)
	b := top(t, in)
	require.Equal(t, serving.BottleneckKVPressure, b.Kind)
	e, ok := evidenceOf(b, "kv_reserved_ratio")
	require.True(t, ok)
	require.InDelta(t, 0.95, e.Observed, 1e-9)

	s.KVReservedTokens, s.Running = serving.Known(80_000), serving.Known(5)
	require.Equal(t, serving.BottleneckKVPressure, top(t, in).Kind, "the next request of 16,000 tokens does not fit the rest")
	s.KVReservedTokens, s.Running = serving.Known(40_000), serving.Known(50)
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckKVPressure)
}
