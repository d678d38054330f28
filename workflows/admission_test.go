package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/workflows"
)

// overspent makes the world's error budget spent.
func (w *world) overspent() *world {
	month := 29 * 24 * time.Hour
	w.tallies = []slo.Tally{{Variant: serving.Stable, Indicator: slo.Indicator(w.fleet.SLOs[0]),
		Bucket: slo.Bucket{StartUnix: float64(time.Now().Add(-month).Unix()), Seconds: month.Seconds(), Good: 50, Bad: 50}}}
	return w
}

// frozen makes the world's fleet frozen for a day around the present.
func (w *world) frozen() *world {
	w.fleet.Policy.Freeze.Windows = []serving.FreezeWindow{{Name: "launch day", From: time.Now().Add(-12 * time.Hour), To: time.Now().Add(12 * time.Hour)}}
	return w
}

func TestRollout_BudgetSpentOrFrozen_EndsRefusedAndTouchesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		w    *world
		want string
	}{
		"budget spent": {newWorld().overspent(), "the error budget of ttft-p95 is spent"},
		"frozen":       {newWorld().frozen(), "changes are frozen: launch day, until "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment(t, c.w)
			env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan()})
			require.NoError(t, env.GetWorkflowError())
			var result workflows.RolloutResult
			require.NoError(t, env.GetWorkflowResult(&result))
			require.Equal(t, serving.OutcomeRefused, result.Outcome)
			require.Contains(t, result.Reason, c.want)
			require.Empty(t, c.w.written(), "production was touched")
			c.w.requireAtRest(t)
		})
	}
}

func TestRollout_FreezeBeginsWhileItWaitsForApproval_IsRefusedAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		w.mu.Lock()
		w.frozen()
		w.mu.Unlock()
		env.SignalWorkflow(workflows.Approve, workflows.Command{})
	}, time.Hour)
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan(), RequireApproval: true, RunID: "run"})
	var result workflows.RolloutResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, serving.OutcomeRefused, result.Outcome)
	require.Empty(t, w.written())
}

func TestOptimize_BudgetSpent_EndsRefusedBeforeItMeasuresAnything(t *testing.T) {
	t.Parallel()
	w := newWorld().overspent()
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Optimize, workflows.OptimizeInput{Fleet: fleetName})
	require.NoError(t, env.GetWorkflowError())
	var result workflows.OptimizeResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, serving.OutcomeRefused, result.Outcome)
	require.Empty(t, w.written())
	require.Empty(t, w.ladders)
	require.Equal(t, serving.OutcomeRefused, w.runs[len(w.runs)-1].Outcome)
}

func TestRollout_Overridden_GoesOnAndTheStorySaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld().overspent()
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Fleet: fleetName, To: candidate(), Plan: quickPlan(), RunID: "run",
		OverrideReason: "this is the fix"})
	require.NoError(t, env.GetWorkflowError())
	var result workflows.RolloutResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, serving.OutcomePromoted, result.Outcome)
	told := ""
	for _, e := range w.events {
		told += e.Message + "\n"
	}
	require.Contains(t, told, "the error budget of ttft-p95 is spent")
	require.Contains(t, told, "overridden: this is the fix")
}
