package advice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const llama8B = "meta-llama/Llama-3.1-8B-Instruct"

func serve(t *testing.T, args ...string) serving.EngineConfig {
	t.Helper()
	cfg, err := vllm.New().Parse(append([]string{"vllm", "serve"}, args...))
	require.NoError(t, err)
	return cfg
}

// question is a fleet with too few slots.
func question(t *testing.T, args ...string) advice.Question {
	t.Helper()
	if len(args) == 0 {
		args = []string{llama8B, "--max-num-seqs", "16", "--max-model-len", "8192"}
	}
	return advice.Question{
		Fleet: serving.Fleet{Name: "chat", Config: serve(t, args...), Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: 2,
			SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1}}},
		Snapshot: serving.Snapshot{Version: "0.20.1", WindowSeconds: 60, Running: serving.Known(32), Waiting: serving.Known(24.000123), KVUsage: serving.Known(0.12)},
		Workload: serving.Workload{RatePerSecond: 6, PromptTokens: serving.Lengths{Mean: 512}, OutputTokens: serving.Lengths{Mean: 128}},
		Bottlenecks: []serving.Bottleneck{{Kind: serving.BottleneckSlotBound, Severity: serving.SeverityHigh, Confidence: 0.9, Summary: "16 of 16 slots are taken on http://10.0.0.7:8000",
			Evidence: []serving.Evidence{{Name: "waiting", Observed: 12, Text: "on http://10.0.0.7:8000"}}}},
	}
}

func compose(t *testing.T, q advice.Question) advice.Prompt {
	t.Helper()
	p, err := advice.Compose(q, vllm.New())
	require.NoError(t, err)
	return p
}

// vet holds an answer with the given proposals against the question.
func vet(t *testing.T, q advice.Question, proposals ...advisortest.Proposal) advice.Advice {
	t.Helper()
	reply, err := advice.Parse(advisortest.Answer("More slots are needed.", proposals...))
	require.NoError(t, err)
	return advice.Vet(q, vllm.New(), reply)
}
