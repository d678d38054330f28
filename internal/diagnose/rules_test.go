package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// A quantity that an engine does not report must neither make nor hide a
// finding as if it were zero.
func TestDiagnose_UnknownIsNotZero(t *testing.T) {
	t.Parallel()
	unknown := serving.Unknown()
	for _, c := range []struct {
		name  string
		plant func(*diagnose.Input)
	}{
		{"KV usage", func(in *diagnose.Input) { in.Snapshot.KVUsage, in.Snapshot.KVUsageMax = unknown, unknown }},
		{"waiting", func(in *diagnose.Input) { in.Snapshot.Waiting = unknown }},
		{"running", func(in *diagnose.Input) { in.Snapshot.Running = unknown }},
		{"preemptions", func(in *diagnose.Input) { in.Snapshot.Preemptions = unknown }},
		{"errors", func(in *diagnose.Input) { in.Snapshot.Errors = unknown }},
		{"finished", func(in *diagnose.Input) { in.Snapshot.FinishedByReason, in.Snapshot.E2E = nil, nil }},
		{"prefix counts", func(in *diagnose.Input) {
			in.Snapshot.PrefixQueryTokens, in.Snapshot.PrefixHitTokens = unknown, unknown
		}},
		{"latencies", func(in *diagnose.Input) { in.Snapshot.TTFT, in.Snapshot.ITL, in.Snapshot.E2E = nil, nil, nil }},
		{"queue and waiting with a late first token", func(in *diagnose.Input) {
			in.Snapshot.Waiting, in.Snapshot.Queue, in.Snapshot.TTFT = unknown, nil, spread(600, 0.5)
		}},
		{"batch with slow tokens", func(in *diagnose.Input) { in.Snapshot.Running, in.Snapshot.ITL = unknown, spread(150_000, 0.06) }},
	} {
		in := healthy()
		c.plant(&in)
		require.Empty(t, diagnose.Diagnose(in), c.name)
	}
}

func TestKVPressure_EvidenceDecidesHowSure(t *testing.T) {
	t.Parallel()
	confidence := func(usage, preemptions, waiting serving.Measure) float64 {
		in := healthy()
		in.Snapshot.KVUsage, in.Snapshot.Preemptions, in.Snapshot.Waiting = usage, preemptions, waiting
		return find(t, in, serving.BottleneckKVPressure).Confidence
	}
	both := confidence(serving.Known(0.96), serving.Known(60), serving.Known(20))
	usageUnknown := confidence(serving.Unknown(), serving.Known(60), serving.Known(20))
	freeOnAverage := confidence(serving.Known(0.5), serving.Known(60), serving.Known(0))
	require.Greater(t, both, usageUnknown)
	require.Greater(t, usageUnknown, freeOnAverage)
}

func TestKVPressure_APreemptionNowAndThenIsNothing(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Preemptions = serving.Known(2) // of 600 requests
	require.Empty(t, diagnose.Diagnose(in))
}

func TestSlotBound_LimitFromFlagsMetricsOrDefault(t *testing.T) {
	t.Parallel()
	queueing := func(running float64, change func(*diagnose.Input)) diagnose.Input {
		in := healthy()
		in.Fleet.Config = in.Fleet.Config.Without("--max-num-seqs")
		in.Snapshot.Running, in.Snapshot.Waiting = serving.Known(running), serving.Known(40)
		change(&in)
		return in
	}
	for _, c := range []struct {
		name string
		in   diagnose.Input
		want bool
	}{
		{"flag, at the limit", queueing(31, func(in *diagnose.Input) { in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16") }), true},
		{"flag, far from the limit", queueing(31, func(in *diagnose.Input) { in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "128") }), false},
		{"revealed", queueing(31, func(in *diagnose.Input) { in.Snapshot.Revealed = map[string]string{"max_num_seqs": "16"} }), true},
		{"two data-parallel ranks have slots of their own", queueing(31, func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16").With("--data-parallel-size", "2")
		}), false},
		{"default, fewer than the smallest default", queueing(300, func(*diagnose.Input) {}), false},
		{"default, as many as the smallest default", queueing(510, func(*diagnose.Input) {}), true},
		{"SGLang", queueing(31, func(in *diagnose.Input) {
			in.Fleet.Config = serving.EngineConfig{Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--max-running-requests", Value: "16"}}}
		}), true},
		{"TGI", queueing(31, func(in *diagnose.Input) {
			in.Fleet.Config = serving.EngineConfig{Engine: serving.TGI, Flags: []serving.Flag{{Name: "--max-batch-size", Value: "16"}}}
			in.Snapshot.KVUsage = serving.Unknown()
		}), true},
		{"the cache is full", queueing(31, func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16")
			in.Snapshot.KVUsage = serving.Known(0.95)
		}), false},
		{"nobody waits", queueing(31, func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16")
			in.Snapshot.Waiting = serving.Known(0.2)
		}), false},
	} {
		found := kinds(diagnose.Diagnose(c.in))
		if c.want {
			require.Contains(t, found, serving.BottleneckSlotBound, c.name)
		} else {
			require.NotContains(t, found, serving.BottleneckSlotBound, c.name)
		}
	}
}

func TestSlotBound_UnknownUsage_LowersTheConfidence(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Running, in.Snapshot.Waiting = serving.Known(126), serving.Known(40)
	sure := find(t, in, serving.BottleneckSlotBound).Confidence
	in.Snapshot.KVUsage = serving.Unknown()
	require.Less(t, find(t, in, serving.BottleneckSlotBound).Confidence, sure)
}

func TestSlotBound_EvidenceHasThresholds(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Running, in.Snapshot.Waiting = serving.Known(126), serving.Known(40)
	b := find(t, in, serving.BottleneckSlotBound)
	running, ok := evidenceOf(b, "running_requests")
	require.True(t, ok)
	require.Equal(t, 126.0, running.Observed)
	require.InDelta(t, 115.2, running.Threshold, 1e-9)
	require.Contains(t, b.Summary, "126.0 running of 128 allowed, 40.0 waiting, with 40% of the KV cache used")
}

func TestPrefillBound_NotWhenTheTimeIsElsewhere(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(*serving.Snapshot){
		"a queue":                     func(s *serving.Snapshot) { s.Waiting = serving.Known(30) },
		"time in the queue":           func(s *serving.Snapshot) { s.Queue = spread(600, 0.3) },
		"little time in prefill":      func(s *serving.Snapshot) { s.Prefill = spread(600, 0.05) },
		"first tokens are not late":   func(s *serving.Snapshot) { s.TTFT = spread(600, 0.2) },
		"first tokens late by chance": func(s *serving.Snapshot) { s.TTFT = spread(25, 0.31) },
	} {
		in := healthy()
		in.Snapshot.TTFT, in.Snapshot.Prefill = spread(600, 0.5), spread(600, 0.45)
		plant(&in.Snapshot)
		require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckPrefillBound, name)
	}
}

func TestLatency_WithoutObjective_IsMeasuredByHistory(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.SLOs = nil
	in.Snapshot.TTFT, in.Snapshot.Prefill = spread(600, 0.5), spread(600, 0.45)
	require.Empty(t, diagnose.Diagnose(in), "0.8 s is neither good nor bad by itself")

	for range 3 {
		in.History = append(in.History, healthy().Snapshot)
	}
	b := top(t, in)
	require.Equal(t, serving.BottleneckPrefillBound, b.Kind)
	e, _ := evidenceOf(b, "ttft_p95_seconds")
	require.Contains(t, e.Text, "history")
	withObjective := healthy()
	withObjective.Snapshot.TTFT, withObjective.Snapshot.Prefill = in.Snapshot.TTFT, in.Snapshot.Prefill
	require.Less(t, b.Confidence, top(t, withObjective).Confidence)

	in.History = in.History[:2]
	require.Empty(t, diagnose.Diagnose(in), "two snapshots are no history")
}

func TestDecodeBound_SmallBatchIsSomethingElse(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.ITL, in.Snapshot.Running = spread(150_000, 0.05), serving.Known(10)
	require.Empty(t, diagnose.Diagnose(in))
}

func TestDecodeBound_FewLongSteps_CallForTheSchedule(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Running, in.Snapshot.ITL = serving.Known(120), spread(150_000, 0.05)
	even := top(t, in)
	require.Equal(t, serving.FamilyQuantization, even.Families[0])

	stalls, steps := spread(12_000, 0.2), spread(138_000, 0.015)
	mixed, ok := stalls.Add(*steps)
	require.True(t, ok)
	in.Snapshot.ITL = &mixed
	uneven := top(t, in)
	require.Equal(t, serving.BottleneckDecodeBound, uneven.Kind)
	require.Equal(t, serving.FamilyBatching, uneven.Families[0])
	require.Less(t, uneven.Confidence, even.Confidence)
}

func TestPrefixReuse_CachingOff(t *testing.T) {
	t.Parallel()
	off := func(w *serving.Workload) diagnose.Input {
		in := healthy()
		in.Fleet.Config = in.Fleet.Config.With("--enable-prefix-caching", "false")
		in.Snapshot.PrefixQueryTokens, in.Snapshot.PrefixHitTokens = serving.Known(0), serving.Known(0)
		in.Workload = w
		return in
	}
	known := find(t, off(&serving.Workload{PrefixShare: 0.3, Source: "given"}), serving.BottleneckLowPrefixReuse)
	require.Equal(t, serving.SeverityMedium, known.Severity)
	for _, w := range []*serving.Workload{nil, {Source: "observed"}} {
		unknown := find(t, off(w), serving.BottleneckLowPrefixReuse)
		require.Equal(t, serving.SeverityLow, unknown.Severity)
		require.Less(t, unknown.Confidence, known.Confidence)
	}
	require.Empty(t, diagnose.Diagnose(off(&serving.Workload{Source: "given"})), "prompts that share nothing lose nothing")
}

func TestPrefixReuse_WhereTheSwitchIsRead(t *testing.T) {
	t.Parallel()
	shared := &serving.Workload{PrefixShare: 0.6, Source: "given"}
	for name, plant := range map[string]func(*diagnose.Input){
		"negated flag": func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--no-enable-prefix-caching", "")
		},
		"revealed": func(in *diagnose.Input) { in.Snapshot.Revealed = map[string]string{"enable_prefix_caching": "False"} },
		"said to be missing": func(in *diagnose.Input) {
			in.Snapshot.Missing = []serving.Missing{{Quantity: "prefix_hit_tokens", Reason: "prefix caching is off"}}
		},
		"SGLang": func(in *diagnose.Input) {
			in.Fleet.Config = serving.EngineConfig{Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--disable-radix-cache"}}}
		},
	} {
		in := healthy()
		in.Workload = shared
		in.Fleet.Config = in.Fleet.Config.Without("--enable-prefix-caching")
		in.Snapshot.PrefixQueryTokens, in.Snapshot.PrefixHitTokens = serving.Unknown(), serving.Unknown()
		require.Empty(t, diagnose.Diagnose(in), "the state of the cache is not known")
		plant(&in)
		require.Equal(t, serving.BottleneckLowPrefixReuse, top(t, in).Kind, name)
	}
}

func TestPrefixReuse_CacheThatMissesWhatIsShared(t *testing.T) {
	t.Parallel()
	in := healthy() // hits 10%
	in.Workload = &serving.Workload{PrefixShare: 0.6, Source: "given"}
	b := top(t, in)
	require.Equal(t, serving.BottleneckLowPrefixReuse, b.Kind)
	hit, _ := evidenceOf(b, "prefix_hit_ratio")
	require.InDelta(t, 0.1, hit.Observed, 1e-9)
	require.InDelta(t, 0.3, hit.Threshold, 1e-9)

	in.Snapshot.PrefixHitTokens = serving.Known(0.5 * 600_000)
	require.Empty(t, diagnose.Diagnose(in))
}

func TestPrefixReuse_CacheThatUsedToHit(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Workload = &serving.Workload{PrefixShare: 0.1, Source: "observed"}
	for range 4 {
		old := healthy().Snapshot
		old.PrefixHitTokens = serving.Known(0.6 * 600_000)
		in.History = append(in.History, old)
	}
	require.Equal(t, serving.BottleneckLowPrefixReuse, top(t, in).Kind)
}

func TestQueueSaturated_OnlyWhenNothingElseExplainsIt(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Waiting, in.Snapshot.Running = serving.Known(40), serving.Known(80)
	require.Equal(t, []serving.BottleneckKind{serving.BottleneckQueueSaturated}, kinds(diagnose.Diagnose(in)))
	in.Snapshot.Running = serving.Known(127)
	require.Equal(t, []serving.BottleneckKind{serving.BottleneckSlotBound}, kinds(diagnose.Diagnose(in)))
	in.Snapshot.KVUsage = serving.Known(0.97)
	require.Equal(t, []serving.BottleneckKind{serving.BottleneckKVPressure}, kinds(diagnose.Diagnose(in)))
}

func TestQueueSaturated_AShortQueueWithinTheObjectiveIsNone(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Waiting = serving.Known(6) // three a replica
	require.Empty(t, diagnose.Diagnose(in))
	in.Snapshot.TTFT = spread(600, 0.5)
	require.Equal(t, serving.BottleneckQueueSaturated, top(t, in).Kind)
}

func TestHostOverhead_BySwitchAndCard(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]serving.EngineConfig{
		"vLLM":         {Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--enforce-eager"}}},
		"vLLM, true":   {Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--enforce-eager", Value: "true"}}},
		"SGLang":       {Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--disable-cuda-graph"}}},
		"SGLang, new":  {Engine: serving.SGLang, Flags: []serving.Flag{{Name: "--cuda-graph-backend-decode", Value: "disabled"}}},
		"TGI":          {Engine: serving.TGI, Flags: []serving.Flag{{Name: "--cuda-graphs", Value: "0"}}},
		"vLLM, joined": {Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--enforce-eager", Value: "True", Joined: true}}},
	} {
		in := healthy()
		in.Fleet.Config = config
		b := find(t, in, serving.BottleneckHostOverhead)
		require.Equal(t, serving.SeverityMedium, b.Severity, name)
		step, ok := evidenceOf(b, "step_seconds")
		require.True(t, ok, name)
		require.InDelta(t, 0.02, step.Observed, 1e-9, "6000 steps of two replicas in a minute")

		in.Fleet.Hardware.GPU = "NVIDIA L4"
		slow := find(t, in, serving.BottleneckHostOverhead)
		require.Equal(t, serving.SeverityLow, slow.Severity, "a slow card hides the launches")
		require.Less(t, slow.Confidence, b.Confidence)
	}
	for name, config := range map[string]serving.EngineConfig{
		"vLLM, off":       {Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--enforce-eager", Value: "false"}}},
		"vLLM, negated":   {Engine: serving.VLLM, Flags: []serving.Flag{{Name: "--no-enforce-eager"}}},
		"vLLM, default":   {Engine: serving.VLLM},
		"SGLang, default": {Engine: serving.SGLang},
		"TGI, graphs":     {Engine: serving.TGI, Flags: []serving.Flag{{Name: "--cuda-graphs", Value: "1,2,4"}}},
	} {
		in := healthy()
		in.Fleet.Config = config
		require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckHostOverhead, name)
	}
}

func TestErrorRate_ByObjectiveOrOnePercent(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Errors = serving.Known(8) // 1.3% of 608, within chance of 1%
	require.Empty(t, diagnose.Diagnose(in))
	in.Snapshot.Errors = serving.Known(15)
	require.Equal(t, serving.BottleneckErrors, top(t, in).Kind)
	in.Fleet.SLOs[2].Threshold = 0.05
	require.Empty(t, diagnose.Diagnose(in), "the owner allows 5%")
	in.Fleet.SLOs = in.Fleet.SLOs[:2]
	b := top(t, in)
	rate, _ := evidenceOf(b, "error_rate_ratio")
	require.Equal(t, 0.01, rate.Threshold)
	require.Contains(t, rate.Text, "no objective")
}

func TestErrorRate_AHandfulOfRequests(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.FinishedByReason = map[string]float64{"stop": 4, "error": 2}
	in.Snapshot.Errors = serving.Unknown()
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckErrors)
	in.Snapshot.FinishedByReason = map[string]float64{"stop": 1, "error": 9}
	require.Equal(t, serving.BottleneckErrors, top(t, in).Kind)
}
