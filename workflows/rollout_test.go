package workflows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func rolloutInput() workflows.RolloutInput {
	return workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan()}
}

func runRollout(t *testing.T, env *testsuite.TestWorkflowEnvironment, in workflows.RolloutInput) workflows.RolloutResult {
	t.Helper()
	env.ExecuteWorkflow(workflows.Rollout, in)
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var result workflows.RolloutResult
	require.NoError(t, env.GetWorkflowResult(&result))
	return result
}

func TestRollout_GoodCanary_IsPromotedThroughAllStages(t *testing.T) {
	t.Parallel()
	w := newWorld()
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Len(t, result.Stages, 4)
	for i, weight := range []int{5, 25, 50, 100} {
		require.Equal(t, weight, result.Stages[i].Weight)
		require.Equal(t, serving.VerdictPass, result.Stages[i].Judgement.Verdict)
	}
	w.requireOnly(t, candidate())
	require.Nil(t, result.Violation)
}

func TestRollout_EveryShift_GivesTheBaselineTheCanarysShare(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var splits []serving.Weights
	w.around = func(_ int, write string, after bool) {
		if after && strings.HasPrefix(write, "weights") {
			traffic, _ := w.Traffic(t.Context(), serving.Fleet{})
			splits = append(splits, traffic.Weights)
		}
	}
	runRollout(t, environment(t, w), rolloutInput())
	require.Len(t, splits, 6)
	for i, canary := range []int{5, 25, 50} {
		require.Equal(t, canary, splits[i].Of(serving.Canary))
		require.Equal(t, canary, splits[i].Of(serving.Baseline))
		require.Equal(t, 100-2*canary, splits[i].Of(serving.Stable))
		require.Greater(t, splits[i+1].Revision, splits[i].Revision)
	}
	require.Equal(t, 100, splits[3].Of(serving.Canary))
	require.Equal(t, 50, splits[4].Of(serving.Stable), "the first of two new replicas takes its half")
	require.Equal(t, 100, splits[5].Of(serving.Stable))
}

// The heart of the promise: whatever happens, whenever it happens, production
// ends where it started, or wholly on the new configuration once it was proven.
func TestRollout_CancelOrViolateAroundEveryWrite_RestoresOrCompletes(t *testing.T) {
	t.Parallel()
	dry := newWorld()
	runRollout(t, environment(t, dry), rolloutInput())
	total := len(dry.written())
	require.Greater(t, total, 12)
	interference := map[string]func(*testsuite.TestWorkflowEnvironment){
		"cancel": func(env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() },
		"violate": func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95", Observed: 2.4, Threshold: 1, Source: "oncall"})
		},
		"rollback": func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.Rollback, workflows.Command{By: "test"})
		},
	}
	for name, interfere := range interference {
		for k := range total {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/write%02d/after=%v", name, k, after), func(t *testing.T) {
					t.Parallel()
					w := newWorld()
					env := environment(t, w)
					w.around = func(n int, _ string, isAfter bool) {
						if n == k && isAfter == after {
							interfere(env)
						}
					}
					env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
					require.True(t, env.IsWorkflowCompleted())
					w.requireRestoredOrPromoted(t, env)
				})
			}
		}
	}
}

func (w *world) requireRestoredOrPromoted(t *testing.T, env *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	if err := env.GetWorkflowError(); err != nil {
		require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
		w.requireAtRest(t)
		return
	}
	var result workflows.RolloutResult
	require.NoError(t, env.GetWorkflowResult(&result))
	if result.Outcome == serving.OutcomePromoted {
		w.requireOnly(t, candidate())
		return
	}
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome, result.Reason)
	require.NotZero(t, result.RestoredUnix)
	w.requireAtRest(t)
}

func TestRollout_CanaryWorseThanBaseline_RollsBackWithTheNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 200, ttft: 0.9}
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.Equal(t, serving.VerdictFail, result.Stages[0].Judgement.Verdict)
	require.NotNil(t, result.Violation)
	require.Equal(t, "stage", result.Violation.Source)
	w.requireAtRest(t)
}

func TestRollout_ViolationOfStableAlone_IsNoReasonToGoBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.SLOViolation, serving.Violation{ID: "x", Variant: serving.Stable, SLO: "ttft-p95"})
	}, 20*time.Second)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, rolloutInput()).Outcome)
}

func TestRollout_ViolationWhileWaitingForAHuman_RollsBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 3, ttft: 0.1} // too few to say anything
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95"})
	}, 5*time.Minute)
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.NotNil(t, result.Violation)
	require.True(t, result.Stages[0].NeedsHuman)
	w.requireAtRest(t)
}

func TestRollout_TooFewSamples_WaitsForAHumanAndGoesBackWhenNobodyComes(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 3, ttft: 0.1}
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.Contains(t, result.Reason, "nobody decided")
	w.requireAtRest(t)
}

func TestRollout_HumanAcceptsAnUndecidedStage_GoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 3, ttft: 0.1}
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		w.mu.Lock()
		w.canary = arm{samples: 200, ttft: 0.1}
		w.mu.Unlock()
		env.UpdateWorkflow(workflows.Promote, "u1", &testsuite.TestUpdateCallback{OnReject: func(err error) { require.NoError(t, err) },
			OnAccept: func() {}, OnComplete: func(any, error) {}}, workflows.Command{By: "ana"})
	}, 3*time.Minute)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, rolloutInput()).Outcome)
}

func TestRollout_NoReplicaOfTheCanaryLeft_RollsBackAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		w.mu.Lock()
		delete(w.running, serving.Canary)
		w.mu.Unlock()
	}, 12*time.Second)
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.True(t, result.Stages[0].Judgement.HardAbort)
	w.requireAtRest(t)
}

func TestRollout_CanaryDoesNotStart_FailsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.refuse = refuseOnly("ensure canary x1", fmt.Errorf("out of memory: %w", serving.ErrPermanent))
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRunFailed)
	require.ErrorContains(t, env.GetWorkflowError(), "out of memory")
	w.requireAtRest(t)
}

func TestRollout_BaselineDoesNotStart_ComparesWithStableAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	refused := fmt.Errorf("no GPU is free: %w", serving.ErrPermanent)
	w.refuse = func(write string) error {
		if strings.HasPrefix(write, "ensure baseline") {
			return refused
		}
		return nil
	}
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, "stable", result.Stages[0].Judgement.ComparedWith)
}

func TestRollout_StableDoesNotTakeTheNewConfiguration_OldStableIsRebuilt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	fails := true
	w.refuse = func(write string) error {
		if write == "ensure stable x2 up to 1" && fails {
			fails = false
			return fmt.Errorf("engine exited: %w", serving.ErrPermanent)
		}
		return nil
	}
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRunFailed)
	w.requireAtRest(t)
}

// The canary is the healthy side when the old stable cannot be rebuilt: nothing
// may be taken from it, and it must be loud.
func TestRollout_StableCannotBeRebuiltAtAll_CanaryKeepsServingAndRollbackFails(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.refuse = func(write string) error {
		if strings.HasPrefix(write, "ensure stable") {
			return fmt.Errorf("engine exited: %w", serving.ErrPermanent)
		}
		return nil
	}
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRollbackFailed)
	require.Equal(t, 100, w.weights.Of(serving.Canary))
	require.Contains(t, w.running, serving.Canary)
	require.NotEmpty(t, w.pools[serving.Canary])
}

func TestRollout_SomebodyTookOverTheWeights_RollbackFailsLoudlyAndKeepsTheCanary(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		w.mu.Lock()
		w.weights.Revision += 1000 // a person wrote weights of their own
		w.mu.Unlock()
		env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95"})
	}, 12*time.Second)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRollbackFailed)
	require.Contains(t, w.running, serving.Canary, "a canary that may still have traffic was stopped")
	require.False(t, temporal.IsCanceledError(env.GetWorkflowError()))
	last := w.rollouts[len(w.rollouts)-1]
	require.Contains(t, last.Reason, "ROLLBACK FAILED")
}

func TestRollout_WeightsLeftMoved_AreRestoredBeforeItStarts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.weights = serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}}
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome)
	require.Equal(t, "weights canary=0", w.written()[0])
}

func TestRollout_Advisory_WritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.Advisory = true
	require.Equal(t, serving.OutcomeAdvised, runRollout(t, environment(t, w), rolloutInput()).Outcome)
	require.Empty(t, w.written())
}

func TestRollout_InvalidConfiguration_FailsNamingTheFlagAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	in := rolloutInput()
	in.To = in.To.With("--gpu-memory-utilization", "1.7")
	env.ExecuteWorkflow(workflows.Rollout, in)
	require.ErrorContains(t, env.GetWorkflowError(), "--gpu-memory-utilization")
	require.Empty(t, w.written())
}

func TestRollout_ApprovalRequired(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		signal string
		want   serving.Outcome
	}{
		"approved": {workflows.Approve, serving.OutcomePromoted},
		"rejected": {workflows.Reject, serving.OutcomeRejected},
		"silence":  {"", serving.OutcomeRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			env := environment(t, w)
			in := rolloutInput()
			in.RequireApproval = true
			if tc.signal != "" {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(tc.signal, workflows.Command{By: "ana"}) }, time.Minute)
			}
			require.Equal(t, tc.want, runRollout(t, env, in).Outcome)
			if tc.want != serving.OutcomePromoted {
				require.Empty(t, w.written())
			}
		})
	}
}

func TestRollout_Paused_DoesNotAdvanceButStillRollsBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.Pause, workflows.Command{}) }, 10*time.Second)
	env.RegisterDelayedCallback(func() {
		require.Equal(t, 5, w.weights.Of(serving.Canary), "a paused rollout moved on")
		env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95"})
	}, 10*time.Minute)
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	w.requireAtRest(t)
}

func TestRollout_CommandOutOfPhase_IsRejectedByItsUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var rejection error
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.Approve, "u1", &testsuite.TestUpdateCallback{OnAccept: func() {},
			OnReject: func(err error) { rejection = err }, OnComplete: func(any, error) {}}, workflows.Command{})
	}, 10*time.Second)
	runRollout(t, env, rolloutInput())
	require.ErrorContains(t, rejection, "approve is not possible while shifting")
}

func TestRollout_DatabaseDown_DelaysNoDecisionAndLosesNoRecord(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var restoredAt time.Time
	w.around = func(_ int, write string, after bool) {
		if after && write == "remove baseline" {
			restoredAt = env.Now()
		}
	}
	down := true
	env.OnActivity("Record", anything, anything).Return(func(ctx ctxType, in recordType) error {
		if down {
			return errors.New("database is down")
		}
		return recordIn(ctx, w, in)
	})
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SLOViolation, serving.Violation{SLO: "ttft-p95"}) }, 12*time.Second)
	env.RegisterDelayedCallback(func() { down = false }, 10*time.Minute)
	start := env.Now()
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
	require.Less(t, restoredAt.Sub(start), time.Minute, "the rollback waited for the database")
	require.Equal(t, "closed", w.rollouts[len(w.rollouts)-1].Phase)
}

func refuseOnly(write string, err error) func(string) error {
	return func(w string) error {
		if w == write {
			return err
		}
		return nil
	}
}

func requireErrorType(t *testing.T, err error, errType string) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, errType, app.Type())
}
