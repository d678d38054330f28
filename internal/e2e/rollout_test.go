package e2e_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

const (
	oldFlags = "--enforce-eager --max-num-seqs 32"
	newFlags = "--max-num-seqs 256"
)

// plan is a rollout of seconds.
func plan() workflows.Plan {
	j := judge.DefaultConfig()
	j.MinSamples = 15
	return workflows.Plan{Weights: []int{25, 50, 100}, MinStageSeconds: 4, MaxStageSeconds: 20, WarmupSeconds: 1, TickSeconds: 1,
		BakeSeconds: 4, HumanTimeoutSeconds: 20, DrainSeconds: 10, Judge: j}
}

func (f *fleet) startRollout(t *testing.T) client.WorkflowRun {
	t.Helper()
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.RolloutID(f.name),
		TaskQueue: workflows.QueueMain}, workflows.Rollout, workflows.RolloutInput{Fleet: f.name, To: flagsOf(t, newFlags), Plan: plan()})
	require.NoError(t, err)
	return run
}

// awaitStage waits until the canary has its weight and a soak is running.
func (f *fleet) awaitStage(t *testing.T, run client.WorkflowRun, weight int) {
	t.Helper()
	require.Eventually(t, func() bool {
		value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
		var status workflows.RolloutStatus
		return err == nil && value.Get(&status) == nil && status.Weight == weight &&
			f.splitIs(t, func(w serving.Weights) bool { return w.Of(serving.Canary) == weight })
	}, time.Minute, 50*time.Millisecond, "the stage of %d%% never came", weight)
}

func result(t *testing.T, run client.WorkflowRun) (workflows.RolloutResult, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var out workflows.RolloutResult
	err := run.Get(ctx, &out)
	return out, err
}

func (f *fleet) slowCanary(t *testing.T) {
	t.Helper()
	require.NoError(t, os.WriteFile(f.faultFile(), []byte(`[{"variant":"canary","kind":"slow","factor":10}]`), 0o600))
}

func TestRollout_GoodCandidate_IsPromotedAndLosesNoRequest(t *testing.T) {
	f := newFleet(t, "promoted", "--enforce-eager", "--max-num-seqs", "32")
	run := f.startRollout(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requireNothingLost(t)
	record(t, "rollout-promoted", run.GetID(), run.GetRunID())
	record(t, "stage-passed", workflows.StageID(f.name, 50), "")
	stages, err := f.store.Stages(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Len(t, stages, 3)
}

func TestRollout_BadCandidate_IsRolledBackAndLosesNoRequest(t *testing.T) {
	f := newFleet(t, "bad", "--enforce-eager", "--max-num-seqs", "32")
	f.slowCanary(t)
	run := f.startRollout(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome, out.Reason)
	require.NotNil(t, out.Violation)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requireNothingLost(t)
	record(t, "rollout-rolled-back", run.GetID(), run.GetRunID())
	record(t, "stage-failed", workflows.StageID(f.name, 25), "")
}

func TestRollout_ViolationSignalMidStage_RestoresTheWeights(t *testing.T) {
	f := newFleet(t, "signalled", "--enforce-eager", "--max-num-seqs", "32")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	require.NoError(t, the.client.SignalWorkflow(t.Context(), run.GetID(), "", workflows.SLOViolation,
		map[string]any{"slo": "ttft-p95", "observed": 2.4, "threshold": 1.0, "source": "oncall"}))
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome)
	require.Equal(t, "oncall", out.Violation.Source)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requireNothingLost(t)
	record(t, "rollout-violated", run.GetID(), run.GetRunID())
}

func TestRollout_CanceledMidStage_CompensatesAndEndsCanceled(t *testing.T) {
	f := newFleet(t, "canceled", "--enforce-eager", "--max-num-seqs", "32")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := result(t, run)
	require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
	requireStatus(t, run, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requireNothingLost(t)
	record(t, "rollout-canceled", run.GetID(), run.GetRunID())
}

// The router now belongs to somebody with a far higher revision: the rollout may
// not write any more, and must say so loudly instead of ending as rolled back.
func TestRollout_RouterRefusesTheUndo_FailsAsRollbackFailed(t *testing.T) {
	f := newFleet(t, "stuck", "--enforce-eager", "--max-num-seqs", "32")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	taken := f.traffic(t).Weights
	taken.Revision += 1_000_000
	require.NoError(t, f.routers.SetWeights(t.Context(), f.record, taken))
	require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := result(t, run)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, workflows.ErrRollbackFailed, app.Type())
	requireStatus(t, run, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	f.requireNothingLost(t)
	record(t, "rollout-rollback-failed", run.GetID(), run.GetRunID())
}

func TestRollout_WorkerRestartedMidStage_GoesOnToPromotion(t *testing.T) {
	f := newFleet(t, "restarted", "--enforce-eager", "--max-num-seqs", "32")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	f.stopWorker()
	f.startWorker(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requireNothingLost(t)
}

func requireStatus(t *testing.T, run client.WorkflowRun, want enumspb.WorkflowExecutionStatus) {
	t.Helper()
	d, err := the.client.DescribeWorkflowExecution(t.Context(), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, want, d.GetWorkflowExecutionInfo().GetStatus())
}
