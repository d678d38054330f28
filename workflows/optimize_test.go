package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func optimizeInput() workflows.OptimizeInput {
	return workflows.OptimizeInput{Fleet: fleetName, Options: workflows.OptimizeOptions{ObserveSeconds: 0.01, MaxTrials: 6,
		Trial: workflows.TrialPlan{StepSeconds: 1, MinRequests: 10, MaxSteps: 3}, Rollout: quickPlan()}}
}

func runOptimize(t *testing.T, env *testsuite.TestWorkflowEnvironment, in workflows.OptimizeInput) workflows.OptimizeResult {
	t.Helper()
	env.ExecuteWorkflow(workflows.Optimize, in)
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var result workflows.OptimizeResult
	require.NoError(t, env.GetWorkflowResult(&result))
	return result
}

// improvable is a world in which every configuration without eager mode is worth
// four times the present one.
func improvable() *world {
	w := newWorld()
	w.capacity = func(c serving.EngineConfig) float64 {
		if v, set := c.Get("--enforce-eager"); set && v != "false" {
			return 5
		}
		return 20
	}
	return w
}

func TestOptimize_MistunedFleet_ProvesTheWinnerTwiceAndPromotesIt(t *testing.T) {
	t.Parallel()
	w := improvable()
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.InDelta(t, 4, result.Gain.ThroughputRatio, 0.01)
	w.requireOnly(t, result.Winner.Config)
	var purposes []string
	for _, r := range w.trials {
		purposes = append(purposes, r.Trial.Purpose)
	}
	require.Equal(t, "baseline", purposes[0])
	require.Equal(t, []string{"repeat", "hold-out", "baseline-again"}, purposes[len(purposes)-3:])
	require.LessOrEqual(t, len(purposes), 6+1, "the last measurement of the baseline is beyond the budget")
}

func TestOptimize_HoldOut_UsesRequestsTheWinnerHasNotSeen(t *testing.T) {
	t.Parallel()
	w := improvable()
	runOptimize(t, environment(t, w), optimizeInput())
	seeds := map[uint64]int{}
	for _, l := range w.ladders {
		seeds[l.Base.Seed]++
		require.InDelta(t, w.fleet.Workload.RatePerSecond/2, l.Base.Workload.RatePerSecond, 1e-9, "the reference rate is one replica's share")
	}
	require.Len(t, seeds, 2)
	require.Equal(t, 1, seeds[w.ladders[len(w.ladders)-2].Base.Seed])
}

func TestOptimize_DefaultsAreAlwaysMeasured(t *testing.T) {
	t.Parallel()
	w := improvable()
	runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, "defaults", w.trials[1].Trial.Candidate.Name)
}

func TestOptimize_NothingBetter_EndsAsNoImprovementAndTouchesNoProduction(t *testing.T) {
	t.Parallel()
	w := newWorld()
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome, result.Reason)
	for _, write := range w.written() {
		require.Contains(t, []string{"ensure staging x1", "remove staging"}, write)
	}
	w.requireAtRest(t)
}

// A gain that was luck must not be shipped.
func TestOptimize_GainThatDoesNotRepeat_IsNoImprovement(t *testing.T) {
	t.Parallel()
	w := improvable()
	measured := map[string]int{}
	w.capacity = func(c serving.EngineConfig) float64 {
		if v, set := c.Get("--enforce-eager"); set && v != "false" {
			return 5
		}
		if measured[c.Key()]++; measured[c.Key()] > 1 { // the first trial was luck
			return 5
		}
		return 20
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome)
	require.Contains(t, result.Reason, "did not show in the repeat")
	w.requireAtRest(t)
}

func TestOptimize_CandidateThatDoesNotStart_IsAFailedTrialNotAFailedRun(t *testing.T) {
	t.Parallel()
	w := improvable()
	failedOnce := false
	w.refuse = func(write string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if write == "ensure staging x1" && len(w.ladders) == 1 && !failedOnce {
			failedOnce = true
			return fmt.Errorf("CUDA out of memory: %w", serving.ErrPermanent)
		}
		return nil
	}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, serving.TrialFailed, w.trials[1].Trial.Status)
	require.Contains(t, w.trials[1].Trial.Reason, "CUDA out of memory")
}

func TestOptimize_BadCanary_RollsBackAndReportsIt(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.canary = arm{samples: 200, ttft: 3}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.NotNil(t, result.Rollout.Violation)
	w.requireAtRest(t)
}

func TestOptimize_RollbackFails_EndsFailedAndNotCanceled(t *testing.T) {
	t.Parallel()
	w := improvable()
	env := environment(t, w)
	w.around = func(_ int, write string, after bool) {
		if write == "weights canary=5" && after {
			w.mu.Lock()
			w.weights.Revision += 1000
			w.mu.Unlock()
			env.CancelWorkflow()
		}
	}
	env.ExecuteWorkflow(workflows.Optimize, optimizeInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRollbackFailed)
	require.False(t, temporal.IsCanceledError(env.GetWorkflowError()))
}

func TestOptimize_CancelAroundEveryWrite_LeavesProductionWhole(t *testing.T) {
	t.Parallel()
	dry := improvable()
	winner := runOptimize(t, environment(t, dry), optimizeInput()).Winner.Config
	for k := range len(dry.written()) {
		t.Run(fmt.Sprintf("write%02d", k), func(t *testing.T) {
			t.Parallel()
			w := improvable()
			env := environment(t, w)
			w.around = func(n int, _ string, after bool) {
				if n == k && after {
					env.CancelWorkflow()
				}
			}
			env.ExecuteWorkflow(workflows.Optimize, optimizeInput())
			require.True(t, env.IsWorkflowCompleted())
			if err := env.GetWorkflowError(); err != nil {
				require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
				w.requireAtRest(t)
				return
			}
			w.requireOnly(t, winner)
		})
	}
}

func TestOptimize_WithoutAutoApproval_WaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		signal string
		want   serving.Outcome
	}{
		"approve":  {workflows.Approve, serving.OutcomePromoted},
		"reject":   {workflows.Reject, serving.OutcomeRejected},
		"rollback": {workflows.Rollback, serving.OutcomeRejected},
		"silence":  {"", serving.OutcomeRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := improvable()
			w.fleet.Policy.AutoApprove = false
			env := environment(t, w)
			if tc.signal != "" {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(tc.signal, workflows.Command{By: "ana"}) }, time.Hour)
			}
			require.Equal(t, tc.want, runOptimize(t, env, optimizeInput()).Outcome)
			if tc.want != serving.OutcomePromoted {
				w.requireAtRest(t)
			}
		})
	}
}

func TestOptimize_Advisory_ProvesTheGainAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := improvable()
	w.fleet.Policy = serving.Policy{Advisory: true, AutoApprove: true}
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeAdvised, result.Outcome)
	require.Contains(t, result.Reason, "4.00x throughput")
	w.requireAtRest(t)
}

func TestOptimize_UnknownFleet_FailsNamingIt(t *testing.T) {
	t.Parallel()
	env := environment(t, newWorld())
	in := optimizeInput()
	in.Fleet = "nobody"
	env.ExecuteWorkflow(workflows.Optimize, in)
	require.ErrorContains(t, env.GetWorkflowError(), `"nobody" not found`)
}

func TestOptimize_TellsItsStoryOnceAndInOrder(t *testing.T) {
	t.Parallel()
	w := improvable()
	runOptimize(t, environment(t, w), optimizeInput())
	keys := map[string]bool{}
	for _, e := range w.events {
		require.False(t, keys[e.Key], "event %s was told twice", e.Key)
		keys[e.Key] = true
	}
	require.Equal(t, "outcome", w.events[len(w.events)-1].Type)
	last := w.runs[len(w.runs)-1]
	require.Equal(t, serving.OutcomePromoted, last.Outcome)
	require.NotNil(t, last.ClosedAt)
	require.Len(t, w.stages, 4)
}
