package search_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// drawn is a search with a start, a policy, a budget and a place drawn at random.
func drawn(t *rapid.T) site {
	args := []string{"--max-num-seqs", rapid.SampledFrom([]string{"16", "64", "256"}).Draw(t, "slots")}
	if rapid.Bool().Draw(t, "eager") {
		args = append(args, "--enforce-eager")
	}
	p := problem(serve(t, args...))
	if rapid.Bool().Draw(t, "cheap only") {
		p.Fleet.Policy.AllowedRisks = []serving.RiskClass{serving.RiskCheap}
	}
	p.Space = []search.Axis{search.Numbers("--max-num-seqs", 16, 128), search.Numbers("--gpu-memory-utilization", 0.8, 0.9, 0.95),
		search.Words("--quantization", "-", "fp8")}
	p.Budget.Trials = rapid.IntRange(3, 6).Draw(t, "trials")
	s := site{problem: p, host: rapid.Float64Range(0.8, 1.3).Draw(t, "host")}
	limit := rapid.SampledFrom([]string{"0.85", "0.92", "1"}).Draw(t, "memory")
	s.fails = func(cfg serving.EngineConfig) string {
		if v, set := cfg.Get("--gpu-memory-utilization"); set && v > limit {
			return "CUDA out of memory"
		}
		return ""
	}
	return s
}

func TestSearch_AnyPlace_AsksOnlyForWhatMayRunAndGoesOnFromAnyCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		seen, last := s.run(t)
		require.LessOrEqual(t, len(seen), s.problem.Budget.Trials)
		for i := range seen {
			requireNewAndAllowed(t, s.problem, seen[:i], seen[i])
		}
		if last.Outcome == search.Winner {
			require.True(t, slices.ContainsFunc(seen, func(o search.Observation) bool {
				return o.Fidelity >= 1 && !o.Failed && o.Config.Equal(last.Candidate.Config)
			}), "a winner was measured in full")
		}
		requireSameFrom(t, s.problem, seen, last, rapid.IntRange(0, len(seen)).Draw(t, "cut"))
	})
}

func requireNewAndAllowed(t *rapid.T, p search.Problem, before []search.Observation, o search.Observation) {
	require.Empty(t, vllm.New().Validate(o.Config, p.Fleet.Hardware))
	risk := engine.RiskOf(vllm.New().Catalogue(), p.Fleet.Config, o.Config)
	require.True(t, p.Fleet.Policy.Allows(risk), "%v is %s", o.Config.FlagList(), risk)
	require.False(t, slices.ContainsFunc(before, func(b search.Observation) bool {
		return b.Fidelity >= o.Fidelity && b.Config.Equal(o.Config)
	}), "%v was measured", o.Config.FlagList())
}

// requireSameFrom asks a search that was cut off and knows nothing but the history.
func requireSameFrom(t *rapid.T, p search.Problem, seen []search.Observation, last search.Step, cut int) {
	step := search.Next(p, seen[:cut])
	if cut == len(seen) {
		require.Equal(t, last, step)
		return
	}
	require.Equal(t, seen[cut].Config.Key(), step.Candidate.Config.Key())
	require.Equal(t, seen[cut].Fidelity, step.Fidelity)
}
