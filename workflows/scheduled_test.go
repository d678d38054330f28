package workflows_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// occurrence runs one occurrence of schedule s; begun are the runs that it started.
type occurrence struct {
	out   serving.Occurrence
	err   error
	begun []workflows.OptimizeInput
}

func nightly() *world {
	w := newWorld()
	w.schedule = &serving.Schedule{ID: "s", Fleet: fleetName, Name: "nightly", Run: json.RawMessage(`{"max_trials":6}`)}
	return w
}

func occur(t *testing.T, w *world, change ...func(*testsuite.TestWorkflowEnvironment)) occurrence {
	t.Helper()
	env := environment(t, w)
	var o occurrence
	env.OnWorkflow("Optimize", anything, anything).Return(func(ctx workflow.Context, in workflows.OptimizeInput) (workflows.OptimizeResult, error) {
		info := workflow.GetInfo(ctx)
		require.Equal(t, workflows.OptimizeID(fleetName), info.WorkflowExecution.ID)
		o.begun = append(o.begun, in)
		return workflows.OptimizeResult{}, workflow.Sleep(ctx, time.Hour)
	}).Maybe()
	for _, c := range change {
		c(env)
	}
	env.ExecuteWorkflow(workflows.Scheduled, workflows.ScheduledInput{ScheduleID: "s", Fleet: fleetName, LateSeconds: 600})
	require.True(t, env.IsWorkflowCompleted())
	if o.err = env.GetWorkflowError(); o.err == nil {
		require.NoError(t, env.GetWorkflowResult(&o.out))
	}
	return o
}

func TestScheduled_StartsTheRunOfTheRecord_AndSaysSo(t *testing.T) {
	t.Parallel()
	w := nightly()
	o := occur(t, w)
	require.NoError(t, o.err)
	require.Equal(t, []workflows.OptimizeInput{{Fleet: fleetName, RequestedBy: "schedule:s", Options: workflows.OptimizeOptions{MaxTrials: 6}}}, o.begun)
	require.Equal(t, serving.OccurrenceStarted, o.out.State)
	require.NotEmpty(t, o.out.RunID)
	require.Equal(t, []serving.Occurrence{o.out}, w.occurrences)
	require.Len(t, w.audit, 1)
	require.Equal(t, []string{"schedule:s", "run.start", fleetName}, []string{w.audit[0].Actor, w.audit[0].Action, w.audit[0].Target})
}

func TestScheduled_BusyPausedOrUnfit_IsSkippedAndRecorded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		reason string
	}{
		"a run":          {func(w *world) { w.ownership.Run = true }, "a run of the fleet is under way"},
		"a rollout":      {func(w *world) { w.ownership.Rollout = true }, "a rollout of the fleet is under way"},
		"paused":         {func(w *world) { w.schedule.Paused, w.schedule.PauseReason = true, "launch" }, "the schedule is paused: launch"},
		"fleet is gone":  {func(w *world) { w.schedule.Fleet = "gone" }, "there is no fleet gone"},
		"another engine": {func(w *world) { w.schedule.Run = json.RawMessage(`{"candidates":[{"engine":"tgi"}]}`) }, "candidates[0] is for tgi, and the fleet runs vllm now"},
		"no run spec":    {func(w *world) { w.schedule.Run = json.RawMessage(`[]`) }, "what is scheduled could not be read: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := nightly()
			c.change(w)
			o := occur(t, w)
			require.NoError(t, o.err, "it is no error")
			require.Empty(t, o.begun)
			require.Empty(t, o.out.RunID)
			require.Equal(t, serving.OccurrenceSkipped, o.out.State)
			require.Contains(t, o.out.Reason, c.reason)
			require.Equal(t, []serving.Occurrence{o.out}, w.occurrences)
			require.Empty(t, w.audit, "nothing was started")
		})
	}
}

// The run may begin between the look and the start: the workflow's ID decides.
func TestScheduled_RunBeginsMeanwhile_IsSkipped(t *testing.T) {
	t.Parallel()
	w := nightly()
	env := environment(t, w)
	begun := 0
	// A mock would be started only when it has ended.
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ workflows.OptimizeInput) error {
		begun++
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: "Optimize", DisableAlreadyRegisteredCheck: true})
	var out serving.Occurrence
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		somebody := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: workflows.OptimizeID(fleetName)})
		err := workflow.ExecuteChildWorkflow(somebody, workflows.Optimize, workflows.OptimizeInput{Fleet: fleetName}).GetChildWorkflowExecution().Get(ctx, nil)
		if err != nil {
			return err
		}
		out, err = workflows.Scheduled(ctx, workflows.ScheduledInput{ScheduleID: "s", Fleet: fleetName, LateSeconds: 600})
		return err
	})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 1, begun)
	require.Equal(t, serving.OccurrenceSkipped, out.State)
	require.Equal(t, "a run of the fleet is under way", out.Reason)
	require.Equal(t, []serving.Occurrence{out}, w.occurrences)
}

func TestScheduled_Gone_StopsTheClockAndRecordsNothing(t *testing.T) {
	t.Parallel()
	w := nightly()
	w.schedule = nil
	o := occur(t, w)
	require.NoError(t, o.err)
	require.Empty(t, o.begun)
	require.Equal(t, []string{"s"}, w.stopped)
	require.Empty(t, w.occurrences)
}

func TestScheduled_TooLate_IsSkipped(t *testing.T) {
	t.Parallel()
	w := nightly()
	o := occur(t, w, func(env *testsuite.TestWorkflowEnvironment) {
		start := time.Date(2026, 11, 24, 3, 20, 0, 0, time.UTC)
		env.SetStartTime(start)
		due := temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")
		require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(due.ValueSet(start.Add(-20*time.Minute)))))
	})
	require.NoError(t, o.err)
	require.Empty(t, o.begun)
	require.Equal(t, "it was due 1200 s ago, which is more than the 600 s that it may be late", o.out.Reason)
	require.Equal(t, 3, o.out.DueAt.Hour())
	require.Zero(t, o.out.DueAt.Minute())
}

// A store that comes back within the time that a run may be late delays it; one that
// does not is the reason why there was none. Either way it is written down.
func TestScheduled_StoreAway_WaitsAndThenSkips(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads, writes int
		state         string
	}{
		"for a moment": {3, 3, serving.OccurrenceStarted},
		"for hours":    {1000, 3, serving.OccurrenceSkipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, left := nightly(), map[string]int{"schedule": c.reads, "occurrence": c.writes}
			w.refuse = func(write string) error {
				if left[write]--; left[write] >= 0 {
					return fmt.Errorf("%s: connection refused", write)
				}
				return nil
			}
			o := occur(t, w)
			require.NoError(t, o.err)
			require.Equal(t, c.state, o.out.State, o.out.Reason)
			require.Equal(t, []serving.Occurrence{o.out}, w.occurrences)
		})
	}
}
