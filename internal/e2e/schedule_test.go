package e2e_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// A schedule on Temporal's own clockwork: what is due starts a run, what is due while
// it goes on is skipped, paused is paused, and what is deleted never comes again.
func TestSchedule_StartsRunsOneAtATime(t *testing.T) {
	f := newFleet(t, "scheduled", "--max-num-seqs", "32")
	clocks := api.NewTemporal(the.client)
	// Production is measured for so long that the run is under way until it is cancelled.
	c, err := f.store.CreateSchedule(t.Context(), serving.Schedule{ID: "e2e-nightly", Fleet: f.name, Name: "nightly", CreatedBy: "ana",
		Timing: serving.Timing{Cron: "0 3 1 1 *", TimeZone: "Europe/Berlin", CatchUpSeconds: 600}, Run: json.RawMessage(`{"observe_seconds":3600}`)})
	require.NoError(t, err)
	require.NoError(t, clocks.SetClock(t.Context(), c))
	requireNext(t, clocks, c)

	first := f.due(t, c.ID, 1)
	require.Equal(t, serving.OccurrenceStarted, first.State, first.Reason)
	f.requireRequestedBySchedule(t, first)
	record(t, "scheduled-started", f.scheduledBy(t, first), first.Key)

	second := f.due(t, c.ID, 2)
	require.Equal(t, serving.OccurrenceSkipped, second.State)
	require.Equal(t, "a run of the fleet is under way", second.Reason)
	record(t, "scheduled-skipped", f.scheduledBy(t, second), second.Key)
	runs, _, err := f.store.Runs(t.Context(), store.RunFilter{Fleet: f.name}, store.Page{})
	require.NoError(t, err)
	require.Len(t, runs, 1, "the run goes on, and there is no other")
	f.endRun(t, first.RunID)

	c.Paused, c.PauseReason = true, "launch week"
	c, err = f.store.UpdateSchedule(t.Context(), c, 1)
	require.NoError(t, err)
	third := f.due(t, c.ID, 3) // the clock is not set yet, as when a server died in between
	require.Equal(t, "the schedule is paused: launch week", third.Reason)
	require.NoError(t, clocks.SetClock(t.Context(), c))
	d, err := the.client.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleID(c.ID)).Describe(t.Context())
	require.NoError(t, err)
	require.True(t, d.Schedule.State.Paused)
	requireNext(t, clocks, c)

	require.NoError(t, clocks.StopClock(t.Context(), c.ID))
	require.NoError(t, clocks.StopClock(t.Context(), c.ID), "none is no error")
	_, err = clocks.Clock(t.Context(), c.ID)
	require.ErrorIs(t, err, api.ErrNoClock)
}

// requireNext asserts that the clock is set by the record and reads its time zone.
func requireNext(t *testing.T, clocks *api.Temporal, c serving.Schedule) {
	t.Helper()
	clock, err := clocks.Clock(t.Context(), c.ID)
	require.NoError(t, err)
	require.Equal(t, c.Generation, clock.Generation)
	require.GreaterOrEqual(t, len(clock.Next), 5)
	require.Equal(t, []int{1, 2}, []int{clock.Next[0].UTC().Day(), clock.Next[0].UTC().Hour()}, "three in Berlin is two in winter")
}

// due makes the schedule due now and waits for what becomes of it, the n-th time.
func (f *fleet) due(t *testing.T, id string, n int) serving.Occurrence {
	t.Helper()
	require.NoError(t, the.client.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleID(id)).Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	var all []serving.Occurrence
	require.Eventually(t, func() bool {
		var err error
		all, err = f.store.Occurrences(t.Context(), id, 10)
		return err == nil && len(all) == n
	}, 2*time.Minute, 50*time.Millisecond, "nothing became of it")
	return all[0]
}

func (f *fleet) requireRequestedBySchedule(t *testing.T, o serving.Occurrence) {
	t.Helper()
	require.Eventually(t, func() bool {
		run, err := f.store.Run(t.Context(), o.RunID)
		return err == nil && run.RequestedBy == "schedule:e2e-nightly" && run.WorkflowID == workflows.OptimizeID(f.name)
	}, 2*time.Minute, 50*time.Millisecond, "the run keeps its own record")
	rows, _, err := f.store.Audit(t.Context(), store.AuditFilter{Actor: "schedule:e2e-nightly"}, store.Page{})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, []string{"run.start", f.name}, []string{rows[0].Action, rows[0].Target})
}

// scheduledBy is the ID of the workflow that acted on an occurrence.
func (f *fleet) scheduledBy(t *testing.T, o serving.Occurrence) string {
	t.Helper()
	d, err := the.client.ScheduleClient().GetHandle(t.Context(), workflows.ScheduleID(o.ScheduleID)).Describe(t.Context())
	require.NoError(t, err)
	for _, action := range d.Info.RecentActions {
		if w := action.StartWorkflowResult; w != nil && w.FirstExecutionRunID == o.Key {
			return w.WorkflowID
		}
	}
	t.Fatalf("no action of the schedule has run %s", o.Key)
	return ""
}

func (f *fleet) endRun(t *testing.T, runID string) {
	t.Helper()
	require.NoError(t, the.client.CancelWorkflow(t.Context(), workflows.OptimizeID(f.name), runID))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.Error(t, the.client.GetWorkflow(ctx, workflows.OptimizeID(f.name), runID).Get(ctx, nil))
	d, err := the.client.DescribeWorkflowExecution(ctx, workflows.OptimizeID(f.name), runID)
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, d.GetWorkflowExecutionInfo().GetStatus())
}

// What Temporal is given is what passed our own check, so it must take all of that.
func TestSchedule_EveryTimingThatPassesIsTaken(t *testing.T) {
	needStack(t)
	clocks := api.NewTemporal(the.client)
	for _, cron := range []string{"0 3 * * *", "*/15 * * * *", "30 2 * * MON-FRI", "5/10 8-18/2 * jan,jul *", "0 0 29 2 *", "59 23 * * 7", "0 4 * * sun",
		"0 0 * * 5-7", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"} {
		c := serving.Schedule{ID: "e2e-cron", Fleet: "none", Name: "cron", Generation: 1, Paused: true, Timing: serving.Timing{Cron: cron, TimeZone: "America/New_York", CatchUpSeconds: 60}}
		require.NoError(t, clocks.SetClock(t.Context(), c), cron)
		clock, err := clocks.Clock(t.Context(), c.ID)
		require.NoError(t, err)
		require.NotEmpty(t, clock.Next, cron)
	}
	require.NoError(t, clocks.StopClock(t.Context(), "e2e-cron"))
}
