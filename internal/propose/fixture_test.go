package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const llama8B = "meta-llama/Llama-3.1-8B-Instruct"

// serve reads a real command line.
func serve(t *testing.T, args ...string) serving.EngineConfig {
	t.Helper()
	cfg, err := vllm.New().Parse(append([]string{"vllm", "serve"}, args...))
	require.NoError(t, err)
	return cfg
}

// mistuned is the start of the demonstration: eager, few slots, half of the
// memory, no reuse of prefixes.
func mistuned(t *testing.T) serving.EngineConfig {
	t.Helper()
	return serve(t, llama8B, "--enforce-eager", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.5",
		"--no-enable-prefix-caching", "--max-num-batched-tokens", "2048")
}

func chat() serving.Workload {
	return serving.Workload{
		RatePerSecond: 8, PrefixShare: 0.3, PrefixGroups: 8, Source: "observed",
		PromptTokens: serving.Lengths{Mean: 512, CV: 0.5}, OutputTokens: serving.Lengths{Mean: 128, CV: 0.5},
	}
}

func objectives() []serving.Objective {
	return []serving.Objective{
		{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 1},
		{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
	}
}

func input(cfg serving.EngineConfig, gpu string) propose.Input {
	return propose.Input{
		Fleet:    serving.Fleet{Name: "chat", Config: cfg, Hardware: serving.Hardware{GPU: gpu}, Replicas: 2, SLOs: objectives()},
		Workload: chat(),
	}
}

func allowing(in propose.Input, risks ...serving.RiskClass) propose.Input {
	in.Fleet.Policy.AllowedRisks = risks
	return in
}

func allRisks(in propose.Input) propose.Input {
	return allowing(in, serving.RiskCheap, serving.RiskNumerics, serving.RiskNewWeights, serving.RiskGPUSurge, serving.RiskCapabilityCut)
}

func recommend(t *testing.T, in propose.Input) []serving.Recommendation {
	t.Helper()
	recs, err := propose.Recommend(in, vllm.New())
	require.NoError(t, err)
	return recs
}

func ids(recs []serving.Recommendation) []string {
	var out []string
	for _, r := range recs {
		out = append(out, r.ID)
	}
	return out
}

func candidates(t *testing.T, in propose.Input, limit int) []serving.Candidate {
	t.Helper()
	return propose.Candidates(in, recommend(t, in), vllm.New(), limit)
}

func text(s string) *string { return &s }
