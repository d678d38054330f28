package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

func waiting(w *world) workflows.RolloutInput {
	w.fleet.Policy = serving.Policy{ChangePolicy: serving.ChangePolicy{Approvers: []string{"ana"}}}
	in := rolloutInput()
	in.RequireApproval, in.ApprovalTimeoutSeconds = true, 3600
	return in
}

func TestRollout_ApprovalByASignalOfSomebodyElse_IsNone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	for i, by := range []string{"", "eve"} {
		env.RegisterDelayedCallback(func() {
			env.SignalWorkflow(workflows.Approve, workflows.Command{By: by})
		}, time.Duration(i+1)*time.Minute)
	}
	result := runRollout(t, env, waiting(w))
	require.Equal(t, serving.OutcomeRejected, result.Outcome)
	require.Contains(t, result.Reason, "nobody approved")
	require.Empty(t, w.written())
}

func TestRollout_ApprovalByAnApprover_IsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.Approve, workflows.Command{By: "ana"})
	}, time.Minute)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, waiting(w)).Outcome)
	require.Equal(t, "ana", w.rollouts[len(w.rollouts)-1].ApprovedBy)
}

func TestRollout_UpdateOfSomebodyElse_IsToldWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var refusal error
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.Approve, "u1", &testsuite.TestUpdateCallback{OnAccept: func() {},
			OnReject: func(err error) { refusal = err }, OnComplete: func(any, error) {}}, workflows.Command{By: "eve"})
	}, time.Minute)
	runRollout(t, env, waiting(w))
	requireErrorType(t, refusal, workflows.ErrNotPermitted)
	require.ErrorContains(t, refusal, "its approvers are ana")
}

func TestRollout_AnybodyMayReject(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.Reject, workflows.Command{By: "eve"})
	}, time.Minute)
	require.Contains(t, runRollout(t, env, waiting(w)).Reason, "rejected by eve")
}

func TestOptimize_ApprovalOfSomebodyElse_IsNone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.capacity = func(c serving.EngineConfig) float64 {
		if _, eager := c.Get("--enforce-eager"); eager {
			return 5
		}
		return 20
	}
	waiting(w)
	env := environment(t, w)
	env.RegisterDelayedCallback(func() {
		env.SignalWorkflow(workflows.Approve, workflows.Command{By: "eve"})
	}, 12*time.Hour)
	env.ExecuteWorkflow(workflows.Optimize, workflows.OptimizeInput{Fleet: fleetName})
	require.NoError(t, env.GetWorkflowError())
	var result workflows.OptimizeResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, serving.OutcomeRejected, result.Outcome, result.Reason)
	require.Contains(t, result.Reason, "nobody approved in time")
}
