package diagnose_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestDiagnose_HealthyEngine_HasNoFinding(t *testing.T) {
	t.Parallel()
	require.Empty(t, diagnose.Diagnose(healthy()))
}

func TestDiagnose_WellUsedEngine_HasNoFinding(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Running, in.Snapshot.KVUsage, in.Snapshot.KVUsageMax = serving.Known(126), serving.Known(0.93), serving.Known(0.99)
	require.Empty(t, diagnose.Diagnose(in), "full slots and a full cache with nobody waiting are what one pays for")
}

func TestDiagnose_IdleFleet_IsOversizedUnlessItIsTheLastReplica(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot = serving.Snapshot{Fleet: "chat", Engine: serving.VLLM, Replicas: 2, WindowSeconds: 60,
		Running: serving.Known(0), Waiting: serving.Known(0), KVUsage: serving.Known(0), Preemptions: serving.Known(0),
		Errors: serving.Known(0), FinishedByReason: map[string]float64{"stop": 0},
		TTFT: spread(0, 1), ITL: spread(0, 1), E2E: spread(0, 1)}
	b := top(t, in)
	require.Equal(t, serving.BottleneckOversized, b.Kind)
	require.Equal(t, serving.SeverityLow, b.Severity, "an idle minute costs money and hurts nobody")
	require.LessOrEqual(t, b.Confidence, 0.5)
	in.Snapshot.Replicas = 1
	require.Empty(t, diagnose.Diagnose(in))
}

func TestDiagnose_NothingMeasured_HasNoFinding(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot = serving.Snapshot{}
	require.Empty(t, diagnose.Diagnose(in))
	require.Empty(t, diagnose.Diagnose(diagnose.Input{}))
}

// Each condition planted into the healthy fleet must come out on top.
func TestDiagnose_PlantedCondition_IsTheTopFinding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		plant    func(*diagnose.Input)
		want     serving.BottleneckKind
		severity serving.Severity
	}{
		{"KV cache full with preemptions", func(in *diagnose.Input) {
			s := &in.Snapshot
			s.KVUsage, s.KVUsageMax, s.Preemptions, s.Waiting = serving.Known(0.97), serving.Known(1), serving.Known(80), serving.Known(30)
			s.ITL, s.TTFT, s.Queue = spread(150_000, 0.05), spread(600, 0.6), spread(600, 0.4)
		}, serving.BottleneckKVPressure, serving.SeverityHigh},
		{"KV cache full with requests waiting, as TGI does", func(in *diagnose.Input) {
			s := &in.Snapshot
			s.KVUsage, s.Preemptions, s.Waiting = serving.Known(0.96), serving.Unknown(), serving.Known(30)
		}, serving.BottleneckKVPressure, serving.SeverityMedium},
		{"few slots", func(in *diagnose.Input) {
			s := &in.Snapshot
			in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16")
			s.Running, s.Waiting, s.KVUsage = serving.Known(31.5), serving.Known(200), serving.Known(0.1)
			s.TTFT, s.Queue = spread(600, 8), spread(600, 7.9)
		}, serving.BottleneckSlotBound, serving.SeverityCritical},
		{"long prompts, empty queue", func(in *diagnose.Input) {
			in.Snapshot.TTFT, in.Snapshot.Prefill = spread(600, 0.5), spread(600, 0.45)
		}, serving.BottleneckPrefillBound, serving.SeverityHigh},
		{"large batch, slow tokens", func(in *diagnose.Input) {
			in.Snapshot.Running, in.Snapshot.ITL = serving.Known(120), spread(150_000, 0.05)
		}, serving.BottleneckDecodeBound, serving.SeverityHigh},
		{"shared prompts, caching off", func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--enable-prefix-caching", "false")
			in.Workload = &serving.Workload{PrefixShare: 0.75, Source: "given"}
			in.Snapshot.PrefixQueryTokens, in.Snapshot.PrefixHitTokens = serving.Known(0), serving.Known(0)
			in.Snapshot.TTFT, in.Snapshot.Prefill = spread(600, 0.5), spread(600, 0.45)
		}, serving.BottleneckLowPrefixReuse, serving.SeverityHigh},
		{"more arrives than can be served", func(in *diagnose.Input) {
			s := &in.Snapshot
			s.Running, s.Waiting, s.TTFT, s.Queue = serving.Known(80), serving.Known(90), spread(600, 3), spread(600, 2.8)
		}, serving.BottleneckQueueSaturated, serving.SeverityCritical},
		{"eager mode", func(in *diagnose.Input) {
			in.Fleet.Config = in.Fleet.Config.With("--enforce-eager", "")
			in.Snapshot.ITL, in.Snapshot.Running = spread(150_000, 0.045), serving.Known(20)
		}, serving.BottleneckHostOverhead, serving.SeverityHigh},
		{"requests fail", func(in *diagnose.Input) {
			in.Snapshot.Errors = serving.Known(40)
		}, serving.BottleneckErrors, serving.SeverityCritical},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := healthy()
			c.plant(&in)
			b := top(t, in)
			require.Equal(t, c.want, b.Kind, b.Summary)
			require.Equal(t, c.severity, b.Severity)
			require.NotEmpty(t, b.Evidence)
			require.NotEmpty(t, b.Summary)
			require.NotNil(t, b.Families)
			require.Greater(t, b.Confidence, 0.5)
			require.LessOrEqual(t, b.Confidence, 1.0)
			_, err := json.Marshal(b)
			require.NoError(t, err)
		})
	}
}

func TestDiagnose_MistunedFleet_NamesEveryCauseMostSevereFirst(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Config = in.Fleet.Config.With("--max-num-seqs", "16").With("--enforce-eager", "").With("--enable-prefix-caching", "false")
	in.Workload = &serving.Workload{PrefixShare: 0.5, Source: "given"}
	s := &in.Snapshot
	s.Running, s.Waiting, s.KVUsage = serving.Known(32), serving.Known(250), serving.Known(0.08)
	s.TTFT, s.Queue, s.ITL = spread(600, 12), spread(600, 11.8), spread(150_000, 0.035)
	found := diagnose.Diagnose(in)
	require.Equal(t, serving.BottleneckSlotBound, found[0].Kind)
	require.ElementsMatch(t, []serving.BottleneckKind{serving.BottleneckSlotBound, serving.BottleneckHostOverhead,
		serving.BottleneckLowPrefixReuse, serving.BottleneckDecodeBound}, kinds(found))
	order := map[serving.Severity]int{serving.SeverityLow: 1, serving.SeverityMedium: 2, serving.SeverityHigh: 3, serving.SeverityCritical: 4}
	for i := 1; i < len(found); i++ {
		before, after := found[i-1], found[i]
		require.GreaterOrEqual(t, order[before.Severity], order[after.Severity])
		if before.Severity == after.Severity {
			require.GreaterOrEqual(t, before.Confidence, after.Confidence)
		}
	}
}

func TestDiagnose_FewRequests_LowerTheConfidence(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Fleet.Config = in.Fleet.Config.With("--enforce-eager", "")
	sure := find(t, in, serving.BottleneckHostOverhead).Confidence
	in.Snapshot.FinishedByReason = map[string]float64{"stop": 5}
	require.Less(t, find(t, in, serving.BottleneckHostOverhead).Confidence, sure)
}

func TestDiagnose_SameInput_SameAnswer(t *testing.T) {
	t.Parallel()
	in := healthy()
	in.Snapshot.Errors, in.Snapshot.TTFT = serving.Known(40), spread(600, 0.5)
	first := diagnose.Diagnose(in)
	for range 20 {
		require.Equal(t, first, diagnose.Diagnose(in))
	}
}
