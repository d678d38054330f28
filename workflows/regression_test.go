package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func worse(atLeast float64) activities.CheckRegressionResult {
	return activities.CheckRegressionResult{Compared: true, Metric: "ttft_p95_seconds", Change: atLeast + 0.05, AtLeast: atLeast, Reason: "rising"}
}

// levels lets the monitor see the comparisons one after the other, and the last
// one for ever, each after a calm watch of five minutes.
func levels(t *testing.T, w *world, seen ...activities.CheckRegressionResult) (checks int) {
	t.Helper()
	env := environment(t, w)
	env.OnActivity("WatchFleet", anything, anything).Return(activities.WatchFleetResult{}, nil).After(300e9)
	env.OnActivity("CheckRegression", anything, anything).Return(
		func(context.Context, activities.CheckRegressionInput) (activities.CheckRegressionResult, error) {
			checks++
			return seen[min(checks, len(seen))-1], nil
		})
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.True(t, env.IsWorkflowCompleted())
	return checks
}

func TestRegression_PolicySilent_NothingIsCompared(t *testing.T) {
	t.Parallel()
	for _, response := range []serving.RegressionResponse{"", serving.IgnoreRegression} {
		w := newWorld()
		w.fleet.Policy.OnRegression = response
		require.Zero(t, levels(t, w, worse(0.5)))
	}
}

func TestRegression_SeenInThreeLooks_IsProposedOnceWithinTheCooldown(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.OnRegression = serving.ProposeRun
	require.Greater(t, levels(t, w, worse(0.2)), 10)
	told := w.told("regression")
	require.Len(t, told, 1)
	require.Contains(t, told[0], "ttft_p95_seconds is 25% worse than when the fleet was accepted (at least 20%)")
	require.Contains(t, told[0], "POST /api/v1/fleets/chat/runs")
}

func TestRegression_TwoLooksAndThenCalm_IsNoise(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.OnRegression = serving.ProposeRun
	levels(t, w, worse(0.2), worse(0.2), worse(-0.1), worse(0.2), worse(0.2), worse(-0.1))
	require.Empty(t, w.told("regression"))
}

func TestRegression_HalfwayBack_IsNotOver(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.OnRegression = serving.ProposeRun
	levels(t, w, worse(0.2), worse(0.2), worse(0.2), worse(0.03))
	require.Len(t, w.told("regression"), 1)
	w = newWorld()
	w.fleet.Policy.OnRegression = serving.ProposeRun
	levels(t, w, worse(0.2), worse(0.2), worse(0.2), worse(-0.1))
	require.Len(t, w.told("regression"), 2)
	require.Contains(t, w.told("regression")[1], "over")
}

func TestRegression_PolicyRun_StartsARun(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.OnRegression = serving.RunAfterRegressed
	levels(t, w, worse(0.2))
	require.NotEmpty(t, w.told("regression"))
	require.Contains(t, w.told("regression")[0], "a run was started")
	require.NotEmpty(t, w.runs)
}
