package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// kinds lists what people were told, in order.
func (w *world) kinds() []serving.NoticeKind {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []serving.NoticeKind
	for _, n := range w.notices {
		out = append(out, n.Kind)
	}
	return out
}

func TestRollout_OnItsOwn_TellsItsOutcomeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld().frozen()
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan()})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []serving.NoticeKind{serving.NoticeRolloutOutcome}, w.kinds())
	n := w.notices[0]
	require.Equal(t, serving.OutcomeRefused, n.Outcome)
	require.Equal(t, fleetName, n.Fleet)
	require.NotEmpty(t, n.Key)
	require.Contains(t, n.Text, "launch day")
}

func TestRollout_RolledBack_IsToldAtOnceAlsoWithinARun(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.canary = arm{samples: 200, ttft: 5}
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan(), RunID: "run"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []serving.NoticeKind{serving.NoticeRolledBack}, w.kinds())
	require.Equal(t, serving.AlertPage, w.notices[0].Severity)
}

func TestRollout_WaitsForAPerson_TellsThem(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.Reject, workflows.Command{By: "ana"}) }, time.Hour)
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan(), RequireApproval: true, RunID: "run"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []serving.NoticeKind{serving.NoticeNeedsHuman}, w.kinds())
}

func TestMonitor_Violations_AreToldWhenTheyOpenAndWhenTheyEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs, activities.WatchFleetResult{Opened: []serving.Violation{slow}},
		activities.WatchFleetResult{Resolved: []serving.Violation{slow}}))
	env.OnSignalExternalWorkflow(anything, anything, anything, anything, anything).Return(errors.New("not found"))
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.Equal(t, []serving.NoticeKind{serving.NoticeViolationOpened, serving.NoticeViolationResolved}, w.kinds())
	require.Equal(t, slow.SLO, w.notices[0].Violation.SLO)
}

func TestRollout_NobodyCanBeTold_EndsAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld().frozen()
	env := environment(t, w)
	env.OnActivity("Notify", anything, anything).Return(func(context.Context, activities.NotifyInput) error { return errors.New("no route to host") })
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan()})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, serving.OutcomeRefused, w.rollouts[len(w.rollouts)-1].Outcome, "it was recorded")
}
