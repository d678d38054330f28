package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/router/haproxy/haproxytest"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// newFleetBehindHAProxy is a fleet whose traffic a real HAProxy splits. It logs no
// requests for us, so canaries are judged by what HAProxy and the engines count.
func newFleetBehindHAProxy(t *testing.T, name string) *fleet {
	t.Helper()
	needStack(t)
	p := haproxytest.Start(t, name)
	f := newFleetBehind(t, name, front{router: serving.AdapterRef{Kind: haproxy.Kind, Address: p.Address}, users: p.URL},
		"--enforce-eager", "--max-num-seqs", "32")
	f.proxy = p
	return f
}

// requirePools asserts that HAProxy sends to stable's replicas and to no others.
func (f *fleet) requirePools(t *testing.T) {
	t.Helper()
	now := f.traffic(t)
	running, err := f.engines.Describe(t.Context(), f.record)
	require.NoError(t, err)
	require.ElementsMatch(t, running[0].Endpoints, now.Pool(serving.Stable).Endpoints)
	require.Empty(t, now.Pool(serving.Canary).Endpoints)
	require.Empty(t, now.Pool(serving.Baseline).Endpoints)
}

func TestHAProxy_GoodCandidate_IsPromotedOverAReloadAndLosesNoRequest(t *testing.T) {
	f := newFleetBehindHAProxy(t, "hx-promoted")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	f.proxy.Reload(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requirePools(t)
	f.requireNothingLost(t)
}

func TestHAProxy_SlowCanary_IsRolledBackByWhatItsEnginesReport(t *testing.T) {
	f := newFleetBehindHAProxy(t, "hx-slow")
	f.slowCanary(t)
	run := f.startRollout(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requirePools(t)
	f.requireNothingLost(t)
}

func TestHAProxy_ViolationSignal_RestoresTheWeights(t *testing.T) {
	f := newFleetBehindHAProxy(t, "hx-signalled")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	require.NoError(t, the.client.SignalWorkflow(t.Context(), run.GetID(), "", workflows.SLOViolation,
		map[string]any{"slo": "ttft-p95", "observed": 2.4, "threshold": 1.0, "source": "oncall"}))
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRolledBack, out.Outcome)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requirePools(t)
	f.requireNothingLost(t)
}

func TestHAProxy_CanceledMidStage_CompensatesAndEndsCanceled(t *testing.T) {
	f := newFleetBehindHAProxy(t, "hx-canceled")
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := result(t, run)
	require.True(t, temporal.IsCanceledError(err), "ended with %v", err)
	requireStatus(t, run, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	f.requireOnly(t, flagsOf(t, oldFlags))
	f.requirePools(t)
	f.requireNothingLost(t)
}

// The worker gets SIGKILL in the middle of a stage; another one goes on.
func TestHAProxy_WorkerKilledMidStage_GoesOnToPromotion(t *testing.T) {
	f := newFleetBehindHAProxy(t, "hx-killed")
	f.stopWorker()
	first := f.startProcess(t)
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	kill(first)
	f.startProcess(t)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	f.requireOnly(t, flagsOf(t, newFlags))
	f.requirePools(t)
	f.requireNothingLost(t)
}
