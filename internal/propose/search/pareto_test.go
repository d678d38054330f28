package search_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/propose/search"
)

func full(t require.TestingT, slots string, rate, seconds float64) search.Observation {
	return search.Observation{Config: serve(t, "--max-num-seqs", slots), Fidelity: 1, MaxGood: rate, MinBad: rate * 1.05, E2EP95Seconds: seconds}
}

func TestFront_LeavesOutWhatAnotherBeatsInEverything(t *testing.T) {
	t.Parallel()
	short := full(t, "48", 99, 0.1)
	short.Fidelity = 0.35
	seen := []search.Observation{full(t, "16", 10, 1), full(t, "32", 9, 1.1), full(t, "64", 20, 2), short, full(t, "128", 5, 0.5)}
	front := search.Front(seen)
	require.Equal(t, []int{0, 2, 4}, front, "the second is beaten, and a short trial proves nothing")
	knee, ok := search.Knee(seen, front)
	require.True(t, ok)
	require.Equal(t, 0, knee, "half of the rate at half of the latency: no end of the front")
	_, ok = search.Knee(seen, nil)
	require.False(t, ok)
}

func TestSearch_Pareto_EndsAtTheKnee(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	p.Objective = propose.ObjectivePareto
	_, last := site{problem: p, host: 1}.run(t)
	require.Equal(t, search.Winner, last.Outcome, last.Reason)
	require.Contains(t, last.Reason, "the knee of a front of")
}

func TestSearch_Latency_KeepsTheRate(t *testing.T) {
	t.Parallel()
	p := mistuned(t)
	p.Objective = propose.ObjectiveLatency
	seen, last := site{problem: p, host: 1}.run(t)
	require.Equal(t, search.Winner, last.Outcome, last.Reason)
	for _, o := range seen {
		if o.Config.Equal(last.Candidate.Config) && o.Fidelity == 1 {
			require.GreaterOrEqual(t, o.MaxGood, 0.95*seen[0].MaxGood)
			require.Less(t, o.E2EP95Seconds, 0.95*seen[0].E2EP95Seconds)
		}
	}
}
