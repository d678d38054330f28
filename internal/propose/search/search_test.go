package search_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
)

func TestNext_BeginsWithTheBaselineInFullAndTheDefaults(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	first := search.Next(p, nil)
	require.True(t, first.Candidate.Config.Equal(p.Fleet.Config))
	require.Equal(t, 1.0, first.Fidelity)
	second := search.Next(p, []search.Observation{site{problem: p, host: 1}.measure(t, first)})
	require.True(t, second.Candidate.Config.Equal(propose.Defaults(p.Fleet).Config))
}

func TestSearch_MistunedFleet_EndsWithAWinnerMeasuredInFull(t *testing.T) {
	t.Parallel()
	s := site{problem: mistuned(t), host: 1.2}
	seen, last := s.run(t)
	require.Equal(t, search.Winner, last.Outcome, last.Reason)
	require.LessOrEqual(t, len(seen), s.problem.Budget.Trials)
	var baseline, winner search.Observation
	for _, o := range seen {
		if o.Config.Equal(s.problem.Fleet.Config) {
			baseline = o
		}
		if o.Config.Equal(last.Candidate.Config) {
			winner = o
		}
	}
	require.Equal(t, 1.0, winner.Fidelity)
	require.Greater(t, winner.MaxGood, 2*baseline.MaxGood)
}

func TestSearch_FlagThatDoesNothing_CostsFewTrials(t *testing.T) {
	t.Parallel()
	p := problem(serve(t, "--quantization", "fp8"))
	p.Space = []search.Axis{search.Numbers("--gpu-memory-utilization", 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92)}
	p.ScreenFidelity = 1
	seen, _ := site{problem: p, host: 1.1}.run(t)
	require.LessOrEqual(t, len(seen), 5, "memory is not short, so its share changes nothing that the model knows of")
}

// A place where nothing but one switch matters contradicts all that the model
// says of slots, budgets and number formats.
func TestSearch_TrialsThatContradictTheModel_AreBelieved(t *testing.T) {
	t.Parallel()
	for _, look := range []float64{0.35, 1} {
		p := problem(serve(t, "--enforce-eager", "--max-num-seqs", "16"))
		p.ScreenFidelity = look
		var seen []search.Observation
		step := search.Next(p, seen)
		for ; !step.Done; step = search.Next(p, seen) {
			rate := 20.0
			if v, eager := step.Candidate.Config.Get("--enforce-eager"); eager && v != "false" {
				rate = 5
			}
			seen = append(seen, search.Observation{Config: step.Candidate.Config, Fidelity: step.Fidelity, MaxGood: rate, MinBad: 1.05 * rate, E2EP95Seconds: 1})
		}
		require.Equal(t, search.Winner, step.Outcome, "first looks of %g: %s", look, step.Reason)
		_, eager := step.Candidate.Config.Get("--enforce-eager")
		require.False(t, eager, "first looks of %g", look)
	}
}

// A ladder ends at a highest rate: of those that reach it the quickest wins.
func TestSearch_EqualRates_TheLowestLatencyWins(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	p.ScreenFidelity = 1
	least := map[string]float64{}
	var seen []search.Observation
	step := search.Next(p, seen)
	for ; !step.Done; step = search.Next(p, seen) {
		o := search.Observation{Config: step.Candidate.Config, Fidelity: 1, MaxGood: 32, E2EP95Seconds: 2}
		if v, eager := o.Config.Get("--enforce-eager"); eager && v != "false" {
			o.E2EP95Seconds = 4
		}
		if len(seen) == 0 {
			o.MaxGood, o.MinBad = 6, 7
		}
		seen, least[o.Config.Key()] = append(seen, o), o.E2EP95Seconds
	}
	require.Equal(t, search.Winner, step.Outcome, step.Reason)
	require.InDelta(t, 2, least[step.Candidate.Config.Key()], 0)
}
