package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// A fleet of a lock-step group takes its slot from the coordinator, is promoted
// replica by replica, and goes back to the warm replicas when a person says so.
func TestRollout_RolledBackAfterPromotion_ReturnsToTheWarmReplicas(t *testing.T) {
	f := newFleet(t, "undone", "--enforce-eager", "--max-num-seqs", "32")
	f.record.Policy.ChangePolicy = serving.ChangePolicy{LockStepGroup: "eu", UndoSeconds: 600}
	updated, err := f.store.UpdateFleet(t.Context(), f.record, 0)
	require.NoError(t, err)
	f.record = updated
	run := f.startRollout(t)
	f.awaitPhase(t, run, workflows.PhaseUndoable)
	recorded, err := f.store.Fleet(t.Context(), f.name)
	require.NoError(t, err)
	require.True(t, recorded.Config.Equal(flagsOf(t, newFlags)))
	value, err := the.client.QueryWorkflow(t.Context(), workflows.CoordinatorID, "", workflows.StatusQuery)
	require.NoError(t, err)
	var slots serving.Slots
	require.NoError(t, value.Get(&slots))
	require.True(t, slots.Holds(run.GetRunID()))
	require.NoError(t, the.client.SignalWorkflow(t.Context(), run.GetID(), "", workflows.Rollback, workflows.Command{By: "ana"}))
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requireNothingLost(t)
	require.Eventually(t, func() bool {
		d, err := the.client.DescribeWorkflowExecution(t.Context(), workflows.CoordinatorID, "")
		return err == nil && d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}, time.Minute, 50*time.Millisecond, "the coordinator never ended")
	record(t, "rollout-undone", run.GetID(), run.GetRunID())
	record(t, "coordinator", workflows.CoordinatorID, "")
}
