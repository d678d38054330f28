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
		{"default, as many as the smallest default of an unknown GPU", queueing(510, func(in *diagnose.Input) { in.Fleet.Hardware.GPU = "" }), true},
		{"default, which the model knows for this GPU", queueing(510, func(*diagnose.Input) {}), false},
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
	require.Equal(t, serving.BottleneckInterference, uneven.Kind)
	require.Equal(t, serving.FamilyBatching, uneven.Families[0])
	require.NotContains(t, kinds(diagnose.Diagnose(in)), serving.BottleneckDecodeBound, "an ordinary step is quick")

	in.Fleet.Config = in.Fleet.Config.With("--enable-chunked-prefill", "false")
	require.Equal(t, serving.FamilyChunkedPrefill, top(t, in).Families[0], "prompts are computed whole")
}
