package diagnose_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// drawSnapshot is any snapshot: each quantity known or not, sensible or not.
func drawSnapshot(t *rapid.T) serving.Snapshot {
	measure := func(name string, most float64) serving.Measure {
		if rapid.IntRange(0, 4).Draw(t, name+" unknown") == 0 {
			return serving.Unknown()
		}
		return serving.Known(rapid.Float64Range(0, most).Draw(t, name))
	}
	latency := func(name string) *serving.Histogram {
		if rapid.IntRange(0, 4).Draw(t, name+" unknown") == 0 {
			return nil
		}
		return spread(float64(rapid.IntRange(0, 1000).Draw(t, name+" count")), rapid.Float64Range(0.005, 50).Draw(t, name))
	}
	s := serving.Snapshot{Engine: serving.VLLM, WindowSeconds: rapid.Float64Range(0, 60).Draw(t, "window"),
		Replicas: rapid.IntRange(0, 4).Draw(t, "replicas"),
		Running:  measure("running", 300), Waiting: measure("waiting", 300), KVUsage: measure("usage", 1),
		Preemptions: measure("preemptions", 200), Errors: measure("errors", 100), EngineSteps: measure("steps", 5000),
		PromptTokens: measure("prompt", 1e6), GenerationTokens: measure("generation", 1e6),
		PrefixQueryTokens: measure("queries", 1e6), PrefixHitTokens: measure("hits", 1e6),
		TTFT: latency("ttft"), ITL: latency("itl"), E2E: latency("e2e"), Queue: latency("queue"), Prefill: latency("prefill"),
		PromptLengths: latency("prompt lengths"), OutputLengths: latency("output lengths")}
	if rapid.Bool().Draw(t, "reasons") {
		s.FinishedByReason = map[string]float64{"stop": float64(rapid.IntRange(0, 500).Draw(t, "stop")), "error": float64(rapid.IntRange(0, 50).Draw(t, "error"))}
	}
	return s
}

func TestDiagnose_AnySnapshot_FindingsThatHangTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := healthy()
		in.Snapshot = drawSnapshot(t)
		if rapid.Bool().Draw(t, "eager") {
			in.Fleet.Config = in.Fleet.Config.With("--enforce-eager", "")
		}
		seen := map[serving.BottleneckKind]bool{}
		for _, b := range diagnose.Diagnose(in) {
			require.False(t, seen[b.Kind], "each limit is found once")
			seen[b.Kind] = true
			require.True(t, b.Confidence > 0 && b.Confidence <= 1)
			require.NotEmpty(t, b.Severity)
			require.NotEmpty(t, b.Summary)
			require.NotEmpty(t, b.Evidence)
			_, err := json.Marshal(b)
			require.NoError(t, err)
		}
		require.False(t, seen[serving.BottleneckSlotBound] && seen[serving.BottleneckQueueSaturated], "a queue has one cause")
		require.False(t, seen[serving.BottleneckPrefillBound] && seen[serving.BottleneckQueueSaturated])
	})
}

// A number that no engine gave must not appear as evidence.
func TestDiagnose_EvidenceIsOnlyWhatWasMeasured(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := healthy()
		in.Snapshot = drawSnapshot(t)
		for _, b := range diagnose.Diagnose(in) {
			for name, m := range map[string]serving.Measure{"waiting_requests": in.Snapshot.Waiting,
				"running_requests": in.Snapshot.Running, "kv_usage_ratio": in.Snapshot.KVUsage, "preemptions": in.Snapshot.Preemptions} {
				if e, ok := evidenceOf(b, name); ok {
					require.Equal(t, m, serving.Known(e.Observed), name)
				}
			}
		}
	})
}

func TestObserveWorkload_AnySnapshot_AWorkloadThatCanBeSent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, ok := diagnose.ObserveWorkload(drawSnapshot(t))
		if !ok {
			return
		}
		require.Positive(t, w.RatePerSecond)
		require.Positive(t, w.PromptTokens.Mean)
		require.Positive(t, w.OutputTokens.Mean)
		require.GreaterOrEqual(t, w.PromptTokens.CV, 0.0)
		require.True(t, w.PrefixShare >= 0 && w.PrefixShare <= 1)
		_, err := json.Marshal(w)
		require.NoError(t, err)
	})
}
