package diagnose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

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
		"TGI, graphs":     {Engine: serving.TGI, Flags: []serving.Flag{{Name: "--cuda-graphs", Value: "1,2,4,8,16,32"}}},
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
