package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func suggestion(flag, to string, risk serving.RiskClass) serving.Recommendation {
	return serving.Recommendation{ID: "llm/" + flag, Family: serving.FamilyBatching, Source: serving.SourceLLM, Risk: risk,
		Changes: []serving.FlagChange{{Flag: flag, To: &to}}, Effect: serving.Effect{ThroughputLow: 90, ThroughputHigh: 100}}
}

func TestSuggestions_AreTriedAloneAndOnTopOfTheBest_WithTheModelsPrediction(t *testing.T) {
	t.Parallel()
	in := input(mistuned(t), "H100")
	there := candidates(t, in, 8)
	require.NotEmpty(t, there)
	require.Equal(t, []serving.Source{serving.SourceRule}, there[0].Sources)
	got := propose.Suggestions(in, []serving.Recommendation{suggestion("--stream-interval", "8", serving.RiskCheap)}, there, vllm.New())
	require.Len(t, got, 2)
	require.Equal(t, there[0].Config.With("--stream-interval", "8").Key(), got[0].Config.Key())
	require.Equal(t, in.Fleet.Config.With("--stream-interval", "8").Key(), got[1].Config.Key())
	for _, c := range got {
		require.Equal(t, []serving.Source{serving.SourceLLM}, c.Sources)
		require.Contains(t, c.Name, "llm: ")
		require.Less(t, c.Predicted.ThroughputHigh, 90.0, "what a language model expects is no prediction")
	}
	require.Greater(t, got[0].Predicted.ThroughputHigh, got[1].Predicted.ThroughputHigh)
}

func TestSuggestions_WhatEngineOrPolicyRefuse_IsLeftOut(t *testing.T) {
	t.Parallel()
	in := input(mistuned(t), "H100")
	there := candidates(t, in, 8)
	for name, s := range map[string]serving.Recommendation{
		"policy":                   suggestion("--max-num-seqs", "64", serving.RiskGPUSurge),
		"a value out of its range": suggestion("--gpu-memory-utilization", "2", serving.RiskCheap),
		"what is set already":      suggestion("--max-num-seqs", "16", serving.RiskCheap),
	} {
		for _, c := range propose.Suggestions(in, []serving.Recommendation{s}, there, vllm.New()) {
			require.Contains(t, c.Name, " on ", "%s: alone it is nothing to try", name)
		}
	}
}

func TestJoin_SameConfiguration_GainsTheSourceAndKeepsItsPlace(t *testing.T) {
	t.Parallel()
	a, b := serve(t, llama8B, "--max-num-seqs", "64"), serve(t, llama8B, "--max-num-seqs", "128")
	queue := []serving.Candidate{{Name: "a", Config: a, Sources: []serving.Source{serving.SourceRule}}}
	got := propose.Join(queue, []serving.Candidate{{Name: "b", Config: b, Sources: []serving.Source{serving.SourceLLM}}, {Name: "same", Config: a, Sources: []serving.Source{serving.SourceLLM}}})
	require.Len(t, got, 2)
	require.Equal(t, "a", got[0].Name)
	require.Equal(t, []serving.Source{serving.SourceRule, serving.SourceLLM}, got[0].Sources)
	require.Equal(t, []serving.Source{serving.SourceRule}, queue[0].Sources, "the queue given is left as it was")
}

func measured(cfg serving.EngineConfig, rate float64, sources ...serving.Source) serving.Trial {
	return serving.Trial{Status: serving.TrialMeasured, Candidate: serving.Candidate{Config: cfg, Sources: sources},
		Result: serving.LadderResult{MaxGood: rate, MinBad: serving.Known(rate * 1.02)}}
}

func TestScoreSources_CountsWhatBeatTheBestBeforeIt(t *testing.T) {
	t.Parallel()
	base := serve(t, llama8B, "--max-num-seqs", "16")
	ruled, told, thought := base.With("--max-num-seqs", "64"), base.With("--block-size", "32"), base.With("--max-num-seqs", "256")
	queue := []serving.Candidate{{Config: ruled, Sources: []serving.Source{serving.SourceRule}}, {Config: told, Sources: []serving.Source{serving.SourceLLM}},
		{Config: base.With("--block-size", "64"), Sources: []serving.Source{serving.SourceLLM}}}
	trials := []serving.Trial{measured(base, 5), measured(ruled, 10, serving.SourceRule), measured(told, 10.1, serving.SourceLLM),
		measured(thought, 20, serving.SourceModel), measured(thought, 20, serving.SourceModel)}
	got := propose.ScoreSources(queue, trials, &thought, 0.05)
	require.Equal(t, []serving.SourceScore{
		{Source: serving.SourceRule, Proposed: 1, Tried: 1, Better: 1},
		{Source: serving.SourceModel, Proposed: 1, Tried: 1, Better: 1, Won: 1},
		{Source: serving.SourceLLM, Proposed: 2, Tried: 1, Better: 0},
	}, got, "who repeats what is known has no part in it")
	require.InDelta(t, 1, got[0].HitRate().Or(-1), 0)
	require.InDelta(t, 0, got[2].HitRate().Or(-1), 0)
	require.False(t, serving.SourceScore{}.HitRate().IsKnown(), "nothing tried is no rate")
	require.Empty(t, propose.ScoreSources(nil, trials[:1], nil, 0.05))
}

func TestAddScores_SumsBySource(t *testing.T) {
	t.Parallel()
	a := []serving.SourceScore{{Source: serving.SourceLLM, Proposed: 2, Tried: 1, Better: 1, Won: 1}}
	b := []serving.SourceScore{{Source: serving.SourceLLM, Proposed: 1, Tried: 1}, {Source: serving.SourceRule, Proposed: 3}}
	require.Equal(t, []serving.SourceScore{{Source: serving.SourceRule, Proposed: 3}, {Source: serving.SourceLLM, Proposed: 3, Tried: 2, Better: 1, Won: 1}}, serving.AddScores(a, b))
	require.Empty(t, serving.AddScores())
}
