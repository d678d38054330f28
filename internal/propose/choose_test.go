package propose_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func trial(name string, good, p95 float64) serving.Trial {
	t := ladder(good, good*1.1, p95, p95, p95)
	t.Candidate = serving.Candidate{Name: name, Config: serving.EngineConfig{Engine: serving.VLLM, Model: name}}
	if name == propose.PurposeBaseline {
		t.Purpose = propose.PurposeBaseline
	}
	return t
}

func TestChoose_Goodput_TakesTheHighestRateThenTheLowerLatency(t *testing.T) {
	t.Parallel()
	base := trial("baseline", 10, 2)
	got, ok := propose.Choose([]serving.Trial{base, trial("a", 30, 2), trial("b", 40, 3), trial("c", 20, 1)}, propose.ObjectiveGoodput)
	require.True(t, ok)
	require.Equal(t, "b", got.Candidate.Name)
	got, ok = propose.Choose([]serving.Trial{base, trial("a", 40.2, 3), trial("b", 40, 2)}, propose.ObjectiveGoodput)
	require.True(t, ok)
	require.Equal(t, "b", got.Candidate.Name, "rates that a ladder cannot tell apart")
}

func TestChoose_Latency_TakesTheFastestThatServesAsMuch(t *testing.T) {
	t.Parallel()
	trials := []serving.Trial{trial("baseline", 10, 2), trial("a", 5, 0.5), trial("b", 10, 1), trial("c", 40, 1.5)}
	got, ok := propose.Choose(trials, propose.ObjectiveLatency)
	require.True(t, ok)
	require.Equal(t, "b", got.Candidate.Name)
}

func TestChoose_BaselineBest_IsNoChoice(t *testing.T) {
	t.Parallel()
	for _, objective := range []string{propose.ObjectiveGoodput, propose.ObjectiveLatency, ""} {
		_, ok := propose.Choose([]serving.Trial{trial("baseline", 10, 1), trial("a", 5, 2)}, objective)
		require.False(t, ok)
	}
}

func TestChoose_FailedTrials_DoNotCount(t *testing.T) {
	t.Parallel()
	failed := trial("a", 100, 0.1)
	failed.Status = serving.TrialFailed
	for _, objective := range []string{propose.ObjectiveGoodput, propose.ObjectiveLatency} {
		_, ok := propose.Choose([]serving.Trial{trial("baseline", 10, 1), failed}, objective)
		require.False(t, ok)
	}
	_, ok := propose.Choose(nil, propose.ObjectiveGoodput)
	require.False(t, ok)
}

func TestChoose_LatencyThatWasCutOff_RanksLast(t *testing.T) {
	t.Parallel()
	cut := trial("a", 10, 0.1)
	cut.Result.Reference.Abandoned = 1
	got, ok := propose.Choose([]serving.Trial{trial("baseline", 10, 2), cut, trial("b", 10, 1)}, propose.ObjectiveLatency)
	require.True(t, ok)
	require.Equal(t, "b", got.Candidate.Name)
}
