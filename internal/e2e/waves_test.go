package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/workflows"
)

// Two fleets of one worker that lets one rollout at a time touch production. They
// are shared by the parts of the test, since starting them takes seconds.
func TestFleets_UnderACapOfOneRollout(t *testing.T) {
	needStack(t)
	behind := newFront(t)
	first := bareFleet(t, "wave-a", t.TempDir(), behind, "--enforce-eager", "--max-num-seqs", "32")
	first.maxRollouts = 1
	first.start(t, behind.users)
	second := first.beside(t, "wave-b", "--enforce-eager", "--max-num-seqs", "32")

	t.Run("frozen: refused, and the wave stops", func(t *testing.T) { frozenWave(t, first, second) })
	t.Run("coordinator terminated: the cap holds", func(t *testing.T) { coordinatorTerminated(t, first, second) })
	t.Run("wave: one waits for the other, both are promoted", func(t *testing.T) { cappedWave(t, first, second) })
	t.Run("budget spent: refused", func(t *testing.T) { budgetSpent(t, second) })
	first.requireNothingLost(t)
	second.requireNothingLost(t)
}

// oneStage is a rollout of one short stage.
func oneStage() workflows.Plan {
	p := plan()
	p.Weights = []int{100}
	return p
}

func startWave(t *testing.T, id string, batches ...[]*fleet) client.WorkflowRun {
	t.Helper()
	in := workflows.WaveInput{ID: id}
	for _, batch := range batches {
		var inputs []workflows.RolloutInput
		for _, f := range batch {
			inputs = append(inputs, workflows.RolloutInput{Fleet: f.name, To: flagsOf(t, newFlags), Plan: oneStage()})
		}
		in.Batches = append(in.Batches, inputs)
	}
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.WaveID(id), TaskQueue: workflows.QueueMain},
		workflows.Wave, in)
	require.NoError(t, err)
	return run
}

func (f *fleet) setFreeze(t *testing.T, freeze serving.Freeze) {
	t.Helper()
	record, err := f.store.Fleet(t.Context(), f.name)
	require.NoError(t, err)
	record.Policy.Freeze = freeze
	_, err = f.store.UpdateFleet(t.Context(), record, 0)
	require.NoError(t, err)
}

func frozenWave(t *testing.T, first, second *fleet) {
	first.setFreeze(t, serving.Freeze{Windows: []serving.FreezeWindow{{Name: "launch", From: time.Now().Add(-time.Hour), To: time.Now().Add(24 * time.Hour)}}})
	run := startWave(t, "frozen", []*fleet{first}, []*fleet{second})
	var out workflows.WaveStatus
	require.NoError(t, run.Get(t.Context(), &out))
	require.Equal(t, "stopped", out.Phase)
	require.Equal(t, string(serving.OutcomeRefused), out.Fleets[0].State)
	require.Contains(t, out.Fleets[0].Reason, "launch")
	require.Equal(t, "skipped", out.Fleets[1].State)
	first.requireOnly(t, flagsOf(t, oldFlags))
	second.requireOnly(t, flagsOf(t, oldFlags))
	record(t, "wave-stopped", run.GetID(), run.GetRunID())
	record(t, "rollout-refused", out.Fleets[0].WorkflowID, out.Fleets[0].RolloutID)
	first.setFreeze(t, serving.Freeze{})
}

// The coordinator is terminated while a rollout holds the only slot: the next one
// must learn of it before it gives out another.
func coordinatorTerminated(t *testing.T, first, second *fleet) {
	holder := first.startRollout(t)
	first.awaitStage(t, holder, 25)
	require.NoError(t, the.client.TerminateWorkflow(t.Context(), workflows.CoordinatorID, "", "by mistake"))
	waiting := second.startRollout(t)
	second.awaitPhase(t, waiting, workflows.PhaseWaitingForSlot)
	require.Equal(t, []string{first.name}, fleetsOf(slotsNow(t).Holders))
	require.Equal(t, []string{second.name}, fleetsOf(slotsNow(t).Waiting))
	coordinator, err := the.client.DescribeWorkflowExecution(t.Context(), workflows.CoordinatorID, "")
	require.NoError(t, err)
	for _, run := range []client.WorkflowRun{waiting, holder} {
		require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
		_, err := result(t, run)
		require.Error(t, err)
		requireStatus(t, run, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	}
	first.requireOnly(t, flagsOf(t, oldFlags))
	second.requireOnly(t, flagsOf(t, oldFlags))
	execution := coordinator.GetWorkflowExecutionInfo().GetExecution()
	require.NoError(t, the.client.GetWorkflow(t.Context(), execution.GetWorkflowId(), execution.GetRunId()).Get(t.Context(), nil))
	record(t, "coordinator-restored", execution.GetWorkflowId(), execution.GetRunId())
}

// slotsNow is what the coordinator says; nobody has a slot where there is none.
func slotsNow(t *testing.T) serving.Slots {
	t.Helper()
	var out serving.Slots
	value, err := the.client.QueryWorkflow(t.Context(), workflows.CoordinatorID, "", workflows.StatusQuery)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	return out
}

func fleetsOf(list []serving.SlotRequest) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Fleet)
	}
	return out
}

func cappedWave(t *testing.T, first, second *fleet) {
	run := startWave(t, "capped", []*fleet{first, second})
	most, waited := 0, 0
	var out workflows.WaveStatus
	require.Eventually(t, func() bool {
		now := slotsNow(t)
		most, waited = max(most, len(now.Holders)), max(waited, len(now.Waiting))
		value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
		return err == nil && value.Get(&out) == nil && out.Phase != "running"
	}, 3*time.Minute, 50*time.Millisecond, "the wave never ended")
	require.Equal(t, "completed", out.Phase, out)
	require.Equal(t, 1, most, "rollouts that touched production at a time")
	require.Equal(t, 1, waited, "the second competed for the slot")
	for i, f := range []*fleet{first, second} {
		require.Equal(t, string(serving.OutcomePromoted), out.Fleets[i].State)
		f.requireOnly(t, flagsOf(t, newFlags))
	}
	require.NoError(t, run.Get(t.Context(), nil))
	record(t, "wave-completed", run.GetID(), run.GetRunID())
	record(t, "coordinator-shared", workflows.CoordinatorID, "")
}

// What a month's budget allows is judged by the month, so a bad hour must be weeks
// ago to have spent it.
func budgetSpent(t *testing.T, f *fleet) {
	objective, now := f.record.SLOs[0], time.Now()
	began := now.Add(-29 * 24 * time.Hour)
	minute := slo.Bucket{StartUnix: float64(began.Unix()), Seconds: 60, Good: 10, Bad: 1000}
	require.NoError(t, f.store.AddSLOCounts(t.Context(), f.name, began, now,
		[]slo.Count{{Variant: serving.Stable, Indicator: slo.Indicator(objective), AllowedShare: slo.BudgetShare(objective), Bucket: minute}}))
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.RolloutID(f.name), TaskQueue: workflows.QueueMain},
		workflows.Rollout, workflows.RolloutInput{Fleet: f.name, To: flagsOf(t, oldFlags), Plan: oneStage()})
	require.NoError(t, err)
	out, err := result(t, run)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomeRefused, out.Outcome, out.Reason)
	require.Contains(t, out.Reason, objective.Name)
	f.requireOnly(t, flagsOf(t, newFlags))
}
