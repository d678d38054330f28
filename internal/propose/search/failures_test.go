package search_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func shareOf(t require.TestingT, cfg serving.EngineConfig) float64 {
	text, set := cfg.Get("--gpu-memory-utilization")
	if !set {
		return 0.92 // vLLM's own
	}
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}

func TestFailures_OutOfMemory_IsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	s := site{problem: p, host: 1}
	prepared := search.Prepare(p)
	seen := []search.Observation{s.measure(t, prepared.Next(nil))}
	oom := p.Fleet.Config.With("--gpu-memory-utilization", "0.85")
	seen = append(seen, search.Observation{Config: oom, Fidelity: 0.35, Failed: true, Reason: "torch.OutOfMemoryError: CUDA out of memory"})
	for range 6 {
		step := prepared.Next(seen)
		if step.Done {
			break
		}
		if !step.Candidate.Config.Equal(propose.Defaults(p.Fleet).Config) { // always measured
			require.Less(t, shareOf(t, step.Candidate.Config), 0.85, step.Reason)
		}
		o := s.measure(t, step)
		if shareOf(t, o.Config) >= 0.85 {
			o = search.Observation{Config: o.Config, Fidelity: o.Fidelity, Failed: true, Reason: "CUDA out of memory"}
		}
		seen = append(seen, o)
	}
}

// A crash of one flag is learned although the others were changed with it.
func TestFailures_CrashOfOneFlag_IsAvoidedAndTheRestStillWins(t *testing.T) {
	t.Parallel()
	s := site{problem: mistuned(t), host: 1.1, fails: func(cfg serving.EngineConfig) string {
		if _, set := cfg.Get("--quantization"); set {
			return "the engine died: illegal instruction"
		}
		return ""
	}}
	seen, last := s.run(t)
	require.Equal(t, search.Winner, last.Outcome, last.Reason)
	crashes := 0
	for _, o := range seen {
		if o.Failed {
			crashes++
		}
	}
	require.LessOrEqual(t, crashes, 3, "of %d trials", len(seen))
}

func TestSearch_NothingKeepsTheObjectives_IsInfeasible(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	prepared := search.Prepare(p)
	var seen []search.Observation
	step := prepared.Next(nil)
	for ; !step.Done; step = prepared.Next(seen) {
		seen = append(seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, MinBad: 0.1})
	}
	require.Equal(t, search.Infeasible, step.Outcome)
	require.Contains(t, step.Reason, "at any rate")
}

func TestSearch_BudgetOfMinutes_EndsIt(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	p.Budget = search.Budget{Minutes: 20}
	seen, last := site{problem: p, host: 1}.run(t) // ten minutes a full trial
	require.True(t, last.Spent, last.Reason)
	require.Contains(t, last.Reason, "minutes")
	total := 0.0
	for _, o := range seen {
		total += o.Minutes
	}
	require.LessOrEqual(t, total, 20.0)
}

func TestSearch_Given_IsTriedInFullAndNothingElse(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	p.Given = []serving.Candidate{{Name: "given-1", Config: serve(t, "--max-num-seqs", "64"), Risk: serving.RiskCheap}}
	seen, last := site{problem: p, host: 1}.run(t)
	require.Len(t, seen, 3, "baseline, defaults and what was given")
	require.True(t, seen[2].Config.Equal(p.Given[0].Config))
	require.Equal(t, 1.0, seen[2].Fidelity)
	require.True(t, last.Done)
}

func TestSearch_Pending_IsNotAskedForTwice(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	prepared := search.Prepare(p)
	seen := []search.Observation{site{problem: p, host: 1}.measure(t, prepared.Next(nil))}
	keys := map[string]bool{}
	for range 3 {
		step := prepared.Next(seen)
		require.False(t, step.Done)
		require.False(t, keys[step.Candidate.Config.Key()])
		keys[step.Candidate.Config.Key()] = true
		seen = append(seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, Pending: true})
	}
}

// The model says 2x and more of many settings, and all that matters is one flag.
func TestSearch_PriorThatIsPlainlyWrong_GivesWayToTheTrials(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	prepared := search.Prepare(p)
	var seen []search.Observation
	step := prepared.Next(nil)
	for ; !step.Done; step = prepared.Next(seen) {
		rate := 20.0
		if _, eager := step.Candidate.Config.Get("--enforce-eager"); eager {
			rate = 5
		}
		seen = append(seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, MaxGood: rate, MinBad: 1.05 * rate})
	}
	require.Equal(t, search.Winner, step.Outcome, step.Reason)
	_, eager := step.Candidate.Config.Get("--enforce-eager")
	require.False(t, eager)
}
