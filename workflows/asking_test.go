package workflows_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func TestAsk_TellsWhatTheExperimentCosts(t *testing.T) {
	t.Parallel()
	w := improvable()
	in := optimizeInput()
	in.Options.GPUPricePerHour = 3
	runOptimize(t, environment(t, w), in)
	record := w.runs[len(w.runs)-1]
	require.Equal(t, 7, record.Experiment.PlannedTrials)
	require.Equal(t, len(w.trials), record.Experiment.Trials)
	require.Positive(t, record.Baseline.CostPerMillionTokens)
	require.Less(t, record.Winner.CostPerMillionTokens, record.Baseline.CostPerMillionTokens)
}

func TestAsk_FirstLooksAreShort_AndOnlyFullTrialsAreConfirmed(t *testing.T) {
	t.Parallel()
	w := improvable()
	in := optimizeInput()
	in.Options.MaxTrials, in.Options.Trial.ScreenFidelity = 8, 0.35
	result := runOptimize(t, environment(t, w), in)
	short, full := 0, false
	for i, r := range w.trials {
		if r.Trial.Fidelity > 0 {
			short++
			require.Less(t, w.ladders[i].StepSeconds, w.ladders[0].StepSeconds)
			require.NotEmpty(t, r.Trial.Why)
		}
		full = full || r.Trial.Purpose == "full" && r.Trial.Candidate.Config.Equal(result.Winner.Config)
	}
	require.Positive(t, short)
	require.True(t, full, "the winner was measured in full before it was repeated")
}

func TestAsk_NothingKeepsTheSLOs_IsInfeasibleWithItsEvidence(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.ladder = func(serving.EngineConfig) serving.LadderResult {
		return serving.LadderResult{MinBad: serving.Known(0.5), Steps: []serving.LadderStep{{Load: serving.LoadResult{RatePerSecond: 0.5},
			Verdict: serving.RungFail, Breaches: []serving.Evidence{{Name: "ttft-p95", Observed: 3, Threshold: 1}}}}}
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeInfeasible, result.Outcome, result.Reason)
	require.Contains(t, result.Reason, "at 0.50 req/s a replica, where ttft-p95 was 3 against 1 (3.0 times as much)")
	w.requireAtRest(t)
}

func TestAsk_ParallelTrials_EachHasASlotOfItsOwn(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.fleet.Policy.AllowedRisks = []serving.RiskClass{serving.RiskCheap}
	in := optimizeInput()
	in.Options.ParallelTrials, in.Options.MaxTrials = 2, 8
	w.begins = (&meeting{met: make(chan struct{})}).begins
	result := runOptimize(t, environment(t, w), in)
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	up := map[string]bool{}
	slots := map[string]bool{}
	for _, write := range w.written() {
		words := strings.Fields(write)
		if len(words) < 2 || !serving.Variant(words[1]).IsStaging() {
			continue
		}
		slots[words[1]] = true
		require.False(t, words[0] == "ensure" && up[words[1]], "two trials on %s", words[1])
		up[words[1]] = words[0] == "ensure"
	}
	require.Equal(t, map[string]bool{"staging": true, "staging-2": true}, slots)
	for slot, running := range up {
		require.False(t, running, "%s was left running", slot)
	}
}

// meeting holds the first candidate's load until the second slot is in use too: how
// quickly a trial ends must not decide whether two overlap.
type meeting struct {
	met   chan struct{}
	once  sync.Once
	loads atomic.Int32
}

func (m *meeting) second() { m.once.Do(func() { close(m.met) }) }

func (m *meeting) begins(slot serving.Variant) {
	switch {
	case slot == serving.StagingSlot(2):
		m.second()
	case m.loads.Add(1) == 2: // after the baseline's
		select {
		case <-m.met:
		case <-time.After(time.Minute): // the test fails then
		}
	}
}

func TestAsk_FailureOfOneParallelTrial_DoesNotFailTheOther(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.fleet.Policy.AllowedRisks = []serving.RiskClass{serving.RiskCheap}
	both := &meeting{met: make(chan struct{})}
	w.begins = both.begins
	w.refuse = func(write string) error {
		if write == "ensure staging-2 x1" {
			both.second()
			return fmt.Errorf("CUDA out of memory: %w", serving.ErrPermanent)
		}
		return nil
	}
	in := optimizeInput()
	in.Options.ParallelTrials, in.Options.MaxTrials = 2, 10
	result := runOptimize(t, environment(t, w), in)
	require.NotEqual(t, serving.OutcomeFailed, result.Outcome, result.Reason)
	failed := 0
	for _, r := range w.trials {
		if r.Trial.Status == serving.TrialFailed {
			failed++
		}
	}
	require.Positive(t, failed)
	require.Less(t, failed, len(w.trials)/2+1)
}

func TestOptions_Search_NameTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]workflows.OptimizeOptions{
		"objective":             {Objective: "fast"},
		"gpu_price_per_hour":    {Objective: "cost"},
		"max_minutes":           {MaxMinutes: -1},
		"parallel_trials":       {ParallelTrials: 9},
		"trial.screen_fidelity": {Trial: workflows.TrialPlan{ScreenFidelity: 2}},
	} {
		require.ErrorContains(t, o.Validate(), want)
	}
	require.NoError(t, workflows.OptimizeOptions{Objective: "cost", GPUPricePerHour: 2, MaxMinutes: 60, ParallelTrials: 2}.Validate())
}
