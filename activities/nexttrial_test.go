package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func searchProblem() activities.SearchProblem {
	return activities.SearchProblem{MinEffect: 0.05, Objective: "goodput",
		Workload: serving.Workload{RatePerSecond: 6, PromptTokens: serving.Lengths{Mean: 512}, OutputTokens: serving.Lengths{Mean: 128}},
		Fleet: serving.Fleet{Name: "chat", Replicas: 1, Hardware: serving.Hardware{GPU: "H100"},
			Config: serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct",
				Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "16"}}}}}
}

// Another worker, which prepared nothing before, goes on in the same way.
func TestNextTrial_AnotherWorker_AnswersTheSame(t *testing.T) {
	t.Parallel()
	in := activities.NextTrialInput{Problem: searchProblem(), Budget: search.Budget{Trials: 6}}
	one := activities.NewAnalysis(known.Engines())
	for range 4 {
		step, err := one.NextTrial(t.Context(), in)
		require.NoError(t, err)
		other, err := activities.NewAnalysis(known.Engines()).NextTrial(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, step, other)
		in.Seen = append(in.Seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, MaxGood: 5, MinBad: 5.5})
	}
}

func TestNextTrial_UnknownEngine_FailsForGood(t *testing.T) {
	t.Parallel()
	p := searchProblem()
	p.Fleet.Config.Engine = "other"
	_, err := activities.NewAnalysis(known.Engines()).NextTrial(t.Context(), activities.NextTrialInput{Problem: p})
	require.ErrorContains(t, err, "other")
}
