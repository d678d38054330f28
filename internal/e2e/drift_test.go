package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// atRest reports whether all traffic is on stable, which runs the configuration,
// and nothing else of the fleet runs.
func (f *fleet) atRest(t *testing.T, config serving.EngineConfig) bool {
	t.Helper()
	running, err := f.engines.Describe(t.Context(), f.record)
	return err == nil && len(running) == 1 && running[0].Variant == serving.Stable && len(running[0].Endpoints) == 2 &&
		running[0].Config.Equal(config) && f.splitIs(t, serving.AllStable(0).SameSplit)
}

func (f *fleet) awaitRest(t *testing.T, config serving.EngineConfig) {
	t.Helper()
	require.Eventually(t, func() bool { return f.atRest(t, config) }, 3*time.Minute, 100*time.Millisecond, "the monitor never restored the fleet")
}

func (f *fleet) awaitPhase(t *testing.T, run client.WorkflowRun, phase workflows.Phase) {
	t.Helper()
	require.Eventually(t, func() bool {
		value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
		var status workflows.RolloutStatus
		return err == nil && value.Get(&status) == nil && status.Phase == phase
	}, 2*time.Minute, 20*time.Millisecond, "the phase %s never came", phase)
}

// promoting is a rollout that replaces stable. On a busy machine the canary may look
// bad, and be rolled back; what is under test comes after it was found good.
func (f *fleet) promoting(t *testing.T) client.WorkflowRun {
	t.Helper()
	for attempt := 1; ; attempt++ {
		run := f.startRollout(t)
		var status workflows.RolloutStatus
		require.Eventually(t, func() bool {
			value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
			return err == nil && value.Get(&status) == nil && (status.Phase == workflows.PhasePromoting || status.Outcome != "")
		}, 3*time.Minute, 20*time.Millisecond, "it is neither promoting nor over")
		if status.Outcome == "" {
			return run
		}
		require.Equal(t, serving.OutcomeRolledBack, status.Outcome, status.Reason)
		require.Less(t, attempt, 4, "no canary is found good here: %s", status.Reason)
		t.Logf("attempt %d was rolled back: %s", attempt, status.Reason)
		_, err := result(t, run)
		require.NoError(t, err)
	}
}

// The acceptance of the monitor: it restores a fleet whose rollout was terminated
// by itself, variants included, and records why.
func TestMonitor_TerminatedMidStage_RestoresVariantsAndRecordsWhy(t *testing.T) {
	f := newFleet(t, "terminated", "--enforce-eager", "--max-num-seqs", "32")
	monitor := f.startMonitor(t)
	run := f.startRollout(t)
	f.awaitStage(t, run, 25)
	require.NoError(t, the.client.TerminateWorkflow(t.Context(), run.GetID(), "", "wrong fleet"))
	f.awaitRest(t, flagsOf(t, oldFlags))
	require.Eventually(t, func() bool {
		closed, err := f.store.Rollout(t.Context(), run.GetRunID())
		return err == nil && closed.Outcome == serving.OutcomeFailed && closed.ClosedAt != nil
	}, time.Minute, 100*time.Millisecond, "the record of the terminated rollout stayed open")
	closed, err := f.store.Rollout(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Contains(t, closed.Reason, "wrong fleet")
	f.requireNothingLost(t)
	record(t, "monitor-repaired", monitor.GetID(), monitor.GetRunID())
}

// The dangerous moment: stable is being replaced, so traffic must not go back to
// it before it stands.
func TestMonitor_TerminatedWhilePromoting_LosesNoRequest(t *testing.T) {
	f := newFleet(t, "halfway", "--enforce-eager", "--max-num-seqs", "32")
	f.startMonitor(t)
	run := f.promoting(t)
	require.NoError(t, the.client.TerminateWorkflow(t.Context(), run.GetID(), "", "in the middle"))
	f.awaitRest(t, flagsOf(t, oldFlags))
	f.requireNothingLost(t)
}

func TestMonitor_VariantsAndFlagsNobodyOwns_AreRepairedUnderThePolicy(t *testing.T) {
	f := newFleet(t, "drifting", "--enforce-eager", "--max-num-seqs", "32")
	f.record.Policy.RepairDrift = serving.RepairDrift
	updated, err := f.store.UpdateFleet(t.Context(), f.record, 0)
	require.NoError(t, err)
	f.record = updated
	for _, spec := range []serving.VariantSpec{
		{Fleet: f.name, Variant: serving.Staging, Config: f.record.Config, Hardware: f.record.Hardware, Replicas: 1},
		{Fleet: f.name, Variant: serving.Stable, Config: flagsOf(t, newFlags), Hardware: f.record.Hardware, Replicas: 2},
	} {
		up, err := f.engines.Ensure(t.Context(), f.record, spec)
		require.NoError(t, err)
		if spec.Variant == serving.Stable {
			require.NoError(t, f.routers.SetEndpoints(t.Context(), f.record, serving.Stable, up.Endpoints))
		}
	}
	f.startMonitor(t)
	f.awaitRest(t, flagsOf(t, oldFlags))
}
