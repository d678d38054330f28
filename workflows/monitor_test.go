package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

var slow = serving.Violation{ID: "chat|canary|ttft-p95", Fleet: fleetName, Variant: serving.Canary, SLO: "ttft-p95", Observed: 2, Threshold: 1, Source: "watch"}

// watches answers the calls of WatchFleet one after the other and then blocks
// the monitor by ending it.
func watches(inputs *[]activities.WatchFleetInput, results ...activities.WatchFleetResult) func(context.Context, activities.WatchFleetInput) (activities.WatchFleetResult, error) {
	return func(_ context.Context, in activities.WatchFleetInput) (activities.WatchFleetResult, error) {
		*inputs = append(*inputs, in)
		if n := len(*inputs); n <= len(results) {
			return results[n-1], nil
		}
		return activities.WatchFleetResult{}, nil
	}
}

func TestMonitor_Violation_IsRecordedAndPassedToTheRollout(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs, activities.WatchFleetResult{Opened: []serving.Violation{slow}}))
	var told []serving.Violation
	env.OnSignalExternalWorkflow(anything, workflows.RolloutID(fleetName), "", workflows.SLOViolation, anything).Return(
		func(_, _, _, _ string, arg any) error {
			told = append(told, arg.(serving.Violation))
			return nil
		})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.Equal(t, []serving.Violation{slow}, told)
	require.Len(t, w.opened, 1)
	require.Equal(t, []serving.Violation{slow}, inputs[1].Open, "a violation that is known must not be reported again")
}

func TestMonitor_NoRolloutOpen_ViolationIsRecordedAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs, activities.WatchFleetResult{Opened: []serving.Violation{slow}},
		activities.WatchFleetResult{Resolved: []serving.Violation{slow}}))
	env.OnSignalExternalWorkflow(anything, anything, anything, anything, anything).Return(errors.New("not found"))
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.Len(t, w.opened, 1)
	require.Empty(t, inputs[2].Open)
}

func TestMonitor_Drift_RestoresTheWeightsAndStopsTheArms(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.weights = serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}}
	w.running[serving.Canary] = candidate()
	w.pools[serving.Canary] = []string{"http://c"}
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}}))
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	w.requireAtRest(t)
	require.Contains(t, w.events[0].Message, "drift")
}

func TestMonitor_ContinuesAsNewWithItsState(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.SetContinueAsNewSuggested(false)
	var inputs []activities.WatchFleetInput
	answer := watches(&inputs, activities.WatchFleetResult{Opened: []serving.Violation{slow}})
	env.OnActivity("WatchFleet", anything, anything).Return(func(ctx context.Context, in activities.WatchFleetInput) (activities.WatchFleetResult, error) {
		env.SetContinueAsNewSuggested(true)
		return answer(ctx, in)
	})
	env.OnSignalExternalWorkflow(anything, anything, anything, anything, anything).Return(nil)
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName, TickSeconds: 3})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &again)
	var carried workflows.MonitorInput
	require.NoError(t, dataConverter().FromPayloads(again.Input, &carried))
	require.Equal(t, []serving.Violation{slow}, carried.State.Open)
	require.InDelta(t, 3, carried.TickSeconds, 0)
	require.Equal(t, 1, carried.State.Rounds)
}

func TestMonitor_FleetGone_EndsFailedNamingIt(t *testing.T) {
	t.Parallel()
	env := environment(t, newWorld())
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: "gone"})
	require.ErrorContains(t, env.GetWorkflowError(), `"gone" not found`)
}

func TestMonitor_Canceled_EndsCanceled(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.OnActivity("WatchFleet", anything, anything).Return(func(ctx context.Context, _ activities.WatchFleetInput) (activities.WatchFleetResult, error) {
		env.CancelWorkflow()
		return activities.WatchFleetResult{}, ctx.Err()
	})
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
}
