package diagnose_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var latencyBounds = []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 40}

// spread is a histogram of n observations, log-normal around the median with a
// deviation of the logarithm of 0.3: the p95 is 1.64 times the median.
func spread(n, median float64) *serving.Histogram {
	const sigma = 0.3
	h := &serving.Histogram{Bounds: latencyBounds, Count: n, Sum: n * median * math.Exp(sigma*sigma/2)}
	for _, bound := range latencyBounds {
		h.Counts = append(h.Counts, math.Round(n*0.5*math.Erfc(-math.Log(bound/median)/(sigma*math.Sqrt2))))
	}
	return h
}

// healthy is a fleet of two replicas that keeps its objectives with room in the
// KV cache and the slots, over one minute.
func healthy() diagnose.Input {
	return diagnose.Input{
		Fleet: serving.Fleet{
			Name: "chat", Replicas: 2, Hardware: serving.Hardware{GPU: "H100", GPUs: 1},
			Config: serving.EngineConfig{Engine: serving.VLLM, Version: "0.11.0", Model: "meta-llama/Llama-3.1-8B-Instruct",
				Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "64"}, {Name: "--enable-prefix-caching"}}},
			SLOs: []serving.Objective{
				{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
				{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
				{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01},
			},
		},
		Snapshot: serving.Snapshot{
			Fleet: "chat", Variant: serving.Stable, Engine: serving.VLLM, WindowSeconds: 60, Replicas: 2, EndUnix: 1000,
			Running: serving.Known(50), Waiting: serving.Known(0), KVUsage: serving.Known(0.4), KVUsageMax: serving.Known(0.5),
			KVCapacityTokens: serving.Known(800_000), Preemptions: serving.Known(0),
			PromptTokens: serving.Known(600_000), GenerationTokens: serving.Known(150_000),
			PrefixQueryTokens: serving.Known(600_000), PrefixHitTokens: serving.Known(60_000),
			Errors: serving.Known(0), FinishedByReason: map[string]float64{"stop": 550, "length": 50},
			EngineSteps: serving.Known(6000),
			TTFT:        spread(600, 0.1), ITL: spread(150_000, 0.015), E2E: spread(600, 4),
			Queue: spread(600, 0.011), Prefill: spread(600, 0.07),
		},
	}
}

func kinds(found []serving.Bottleneck) []serving.BottleneckKind {
	out := make([]serving.BottleneckKind, 0, len(found))
	for _, b := range found {
		out = append(out, b.Kind)
	}
	return out
}

func top(t *testing.T, in diagnose.Input) serving.Bottleneck {
	t.Helper()
	found := diagnose.Diagnose(in)
	require.NotEmpty(t, found)
	return found[0]
}

func find(t *testing.T, in diagnose.Input, kind serving.BottleneckKind) serving.Bottleneck {
	t.Helper()
	found := diagnose.Diagnose(in)
	for _, b := range found {
		if b.Kind == kind {
			return b
		}
	}
	require.Failf(t, "not found", "%s among %v", kind, kinds(found))
	return serving.Bottleneck{}
}

func evidenceOf(b serving.Bottleneck, name string) (serving.Evidence, bool) {
	for _, e := range b.Evidence {
		if e.Name == name {
			return e, true
		}
	}
	return serving.Evidence{}, false
}
