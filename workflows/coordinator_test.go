package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func wish(run, group string, limit int) serving.SlotRequest {
	return serving.SlotRequest{WorkflowID: "rollout:" + run, RunID: run, Fleet: run, Group: group, Limit: limit}
}

// coordinating is a coordinator whose answers are recorded, as "run" when
// granted and "run<behind" when not.
func coordinating(t *testing.T) (*testsuite.TestWorkflowEnvironment, *[]string) {
	t.Helper()
	return coordinatingIn(t, newWorld())
}

func coordinatingIn(t *testing.T, w *world) (*testsuite.TestWorkflowEnvironment, *[]string) {
	t.Helper()
	env := environment(t, w)
	answers := &[]string{}
	env.OnSignalExternalWorkflow(anything, anything, anything, workflows.SlotAnswered, anything).Return(
		func(_, _, runID, _ string, arg any) error {
			answer := arg.(serving.SlotAnswer)
			if runID == "gone" {
				return errors.New("no such workflow")
			}
			if !answer.Granted {
				runID += " waits"
			}
			*answers = append(*answers, runID)
			return nil
		})
	return env, answers
}

func at(env *testsuite.TestWorkflowEnvironment, after time.Duration, signal string, r serving.SlotRequest) {
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(signal, r) }, after)
}

func TestCoordinator_GivesSlotsInOrderAndEndsWhenNobodyIsLeft(t *testing.T) {
	t.Parallel()
	env, answers := coordinating(t)
	env.OnActivity("AwaitClosed", anything, anything).Return(func(ctx context.Context, _ activities.AwaitClosedInput) (activities.AwaitClosedResult, error) {
		return activities.AwaitClosedResult{}, nil
	}).After(time.Hour)
	for i, run := range []string{"a", "b", "c"} {
		at(env, time.Duration(i)*time.Second, workflows.AskSlot, wish(run, "", 1))
	}
	for i, run := range []string{"a", "b", "c"} {
		at(env, time.Duration(i+1)*time.Minute, workflows.ReturnSlot, wish(run, "", 1))
	}
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"a", "b waits", "c waits", "b", "c waits", "c"}, *answers)
}

func TestCoordinator_HolderEndedWithoutReturning_FreesItsSlot(t *testing.T) {
	t.Parallel()
	env, answers := coordinating(t)
	env.OnActivity("AwaitClosed", anything, anything).Return(func(_ context.Context, in activities.AwaitClosedInput) (activities.AwaitClosedResult, error) {
		return activities.AwaitClosedResult{Closed: []string{in.Holders[0].RunID}}, nil
	})
	at(env, 0, workflows.AskSlot, wish("terminated", "", 1))
	at(env, time.Second, workflows.AskSlot, wish("next", "", 1))
	at(env, time.Hour, workflows.ReturnSlot, wish("next", "", 1))
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"terminated", "next waits", "next"}, *answers)
}

// The coordinator before this one was terminated: who holds a slot says so.
func TestCoordinator_BeginsAnew_CountsThoseThatHoldSlotsAlready(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.slotHolders = []serving.SlotRequest{wish("holder", "eu", 2)}
	env, answers := coordinatingIn(t, w)
	env.OnActivity("AwaitClosed", anything, anything).Return(func(context.Context, activities.AwaitClosedInput) (activities.AwaitClosedResult, error) {
		return activities.AwaitClosedResult{}, nil
	}).After(time.Hour)
	at(env, 0, workflows.AskSlot, wish("same-group", "eu", 2))
	at(env, time.Second, workflows.AskSlot, wish("other", "", 2))
	at(env, 2*time.Second, workflows.AskSlot, wish("third", "", 2))
	for i, run := range []string{"holder", "other", "same-group", "third"} {
		at(env, time.Duration(i+1)*time.Minute, workflows.ReturnSlot, wish(run, "", 2))
	}
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"same-group waits", "other", "third waits", "same-group"}, (*answers)[:4])
	require.Contains(t, *answers, "third")
}

func TestCoordinator_ContinuedAsNew_AsksNobodyAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.slotHolders = []serving.SlotRequest{wish("returned-long-ago", "", 1)}
	env, answers := coordinatingIn(t, w)
	at(env, 0, workflows.AskSlot, wish("a", "", 1))
	at(env, time.Minute, workflows.ReturnSlot, wish("a", "", 1))
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{Continued: true})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"a"}, *answers)
}

func TestCoordinator_AskerGone_HoldsNothing(t *testing.T) {
	t.Parallel()
	env, answers := coordinating(t)
	at(env, 0, workflows.AskSlot, wish("gone", "", 1))
	at(env, 0, workflows.AskSlot, wish("a", "", 1))
	at(env, time.Minute, workflows.ReturnSlot, wish("a", "", 1))
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{})
	require.NoError(t, env.GetWorkflowError())
	require.Contains(t, *answers, "a")
	require.NotContains(t, *answers, "gone")
}

func TestCoordinator_AskedAgain_AnswersAgain(t *testing.T) {
	t.Parallel()
	env, answers := coordinating(t)
	at(env, 0, workflows.AskSlot, wish("a", "", 1))
	at(env, time.Second, workflows.AskSlot, wish("a", "", 1))
	at(env, time.Minute, workflows.ReturnSlot, wish("a", "", 1))
	env.ExecuteWorkflow(workflows.Coordinator, workflows.CoordinatorInput{})
	require.Equal(t, []string{"a", "a"}, *answers)
}

// grouped makes the fleet's rollouts ask for a slot.
func grouped() *world {
	w := newWorld()
	w.fleet.Policy.LockStepGroup = "eu"
	return w
}

func TestRollout_WaitsForItsSlotBeforeTheFirstWriteAndReturnsIt(t *testing.T) {
	t.Parallel()
	w := grouped()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.SlotAnswered, serving.SlotAnswer{Behind: "rollout:other"})
	}, time.Second)
	env.RegisterDelayedCallback(func() {
		require.Empty(t, w.written())
		value, err := env.QueryWorkflow(workflows.StatusQuery)
		require.NoError(t, err)
		var status workflows.RolloutStatus
		require.NoError(t, value.Get(&status))
		require.Equal(t, workflows.PhaseWaitingForSlot, status.Phase)
		require.Equal(t, "rollout:other", status.Behind)
		require.Nil(t, status.Slot, "it has none yet")
		env.SignalWorkflow(workflows.SlotAnswered, serving.SlotAnswer{Granted: true})
	}, time.Hour)
	var held *serving.SlotRequest
	env.RegisterDelayedCallback(func() {
		value, err := env.QueryWorkflow(workflows.StatusQuery)
		require.NoError(t, err)
		var status workflows.RolloutStatus
		require.NoError(t, value.Get(&status))
		held = status.Slot
	}, time.Hour+10*time.Second)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, rolloutInput()).Outcome)
	require.Greater(t, w.slotAsks, 1, "a lost answer must not be waited for in vain")
	require.Len(t, w.slotReturns, 1)
	require.Equal(t, &w.slotReturns[0], held, "a new coordinator must learn who holds it")
}

func TestRollout_CanceledWhileWaitingForASlot_WithdrawsAndTouchesNothing(t *testing.T) {
	t.Parallel()
	w := grouped()
	env := environment(t, w)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	require.Error(t, env.GetWorkflowError())
	require.Empty(t, w.written())
	require.Len(t, w.slotReturns, 1)
}

func TestRollout_NoSlotInADay_EndsRejectedSayingBehindWhom(t *testing.T) {
	t.Parallel()
	w := grouped()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.SlotAnswered, serving.SlotAnswer{Behind: "rollout:other"})
	}, time.Second)
	result := runRollout(t, env, rolloutInput())
	require.Equal(t, serving.OutcomeRejected, result.Outcome)
	require.Contains(t, result.Reason, "rollout:other")
}

func TestRollout_NoPolicyBindsIt_NeitherWaitsNorReturns(t *testing.T) {
	t.Parallel()
	w := newWorld()
	require.Equal(t, serving.OutcomePromoted, runRollout(t, environment(t, w), rolloutInput()).Outcome)
	require.Zero(t, w.slotAsks)
	require.Empty(t, w.slotReturns)
}
