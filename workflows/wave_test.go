package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// waveOf is a wave over the fleets, one or more in each batch.
func waveOf(batches ...[]string) workflows.WaveInput {
	in := workflows.WaveInput{ID: "w", PauseSeconds: 60}
	for _, b := range batches {
		var list []workflows.RolloutInput
		for _, name := range b {
			list = append(list, workflows.RolloutInput{Fleet: name, To: candidate()})
		}
		in.Batches = append(in.Batches, list)
	}
	return in
}

// runWave answers each fleet's rollout with the outcome of the map.
func runWave(t *testing.T, in workflows.WaveInput, outcomes map[string]serving.Outcome) (workflows.WaveStatus, []string, error) {
	t.Helper()
	env := environment(t, newWorld())
	var began []string
	env.OnWorkflow("Rollout", anything, anything).Return(func(ctx workflow.Context, in workflows.RolloutInput) (workflows.RolloutResult, error) {
		began = append(began, in.Fleet)
		if outcomes[in.Fleet] == serving.OutcomeFailed {
			return workflows.RolloutResult{}, errors.New("no room")
		}
		return workflows.RolloutResult{Outcome: outcomes[in.Fleet], Reason: "as told"}, workflow.Sleep(ctx, time.Minute)
	})
	if outcomes["cancel"] != "" {
		env.RegisterDelayedCallback(env.CancelWorkflow, 90*time.Second)
	}
	env.ExecuteWorkflow(workflows.Wave, in)
	require.True(t, env.IsWorkflowCompleted())
	var status workflows.WaveStatus
	value, err := env.QueryWorkflow(workflows.StatusQuery)
	require.NoError(t, err)
	require.NoError(t, value.Get(&status))
	return status, began, env.GetWorkflowError()
}

func states(status workflows.WaveStatus) []string {
	var out []string
	for _, f := range status.Fleets {
		out = append(out, f.Fleet+" "+f.State)
	}
	return out
}

func TestWave_AllGood_GoesThroughTheBatchesInOrder(t *testing.T) {
	t.Parallel()
	status, began, err := runWave(t, waveOf([]string{"a"}, []string{"b", "c"}),
		map[string]serving.Outcome{"a": serving.OutcomePromoted, "b": serving.OutcomeNoImprovement, "c": serving.OutcomePromoted})
	require.NoError(t, err)
	require.Equal(t, "completed", status.Phase)
	require.Equal(t, "a", began[0])
	require.ElementsMatch(t, []string{"a", "b", "c"}, began)
	require.Equal(t, []string{"a promoted", "b no_improvement", "c promoted"}, states(status))
}

func TestWave_FirstFailure_StopsBeforeTheNextBatch(t *testing.T) {
	t.Parallel()
	for _, bad := range []serving.Outcome{serving.OutcomeRolledBack, serving.OutcomeRejected, serving.OutcomeFailed} {
		status, began, err := runWave(t, waveOf([]string{"a"}, []string{"b", "c"}, []string{"d"}),
			map[string]serving.Outcome{"a": serving.OutcomePromoted, "b": bad, "c": serving.OutcomePromoted})
		require.NoError(t, err)
		require.Equal(t, "stopped", status.Phase)
		require.Contains(t, status.Reason, "b: "+string(bad))
		require.NotContains(t, began, "d")
		require.Equal(t, []string{"a promoted", "b " + string(bad), "c promoted", "d skipped"}, states(status))
	}
}

func TestWave_Canceled_SkipsTheRest(t *testing.T) {
	t.Parallel()
	status, began, err := runWave(t, waveOf([]string{"a"}, []string{"b"}),
		map[string]serving.Outcome{"a": serving.OutcomePromoted, "cancel": "yes"})
	require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
	require.Equal(t, []string{"a"}, began)
	require.Equal(t, []string{"a promoted", "b skipped"}, states(status))
}
