package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// SetClock implements Clockwork with a schedule of Temporal's.
func (t *Temporal) SetClock(ctx context.Context, c serving.Schedule) error {
	id, fleet := workflows.ScheduleID(c.ID), temporal.NewSearchAttributes(workflows.FleetKey.ValueSet(c.Fleet))
	clock := clockOf(c)
	_, err := t.client.ScheduleClient().Create(ctx, client.ScheduleOptions{ID: id, Spec: *clock.Spec, Action: clock.Action,
		Overlap: clock.Policy.Overlap, CatchupWindow: clock.Policy.CatchupWindow, Note: clock.State.Note, Paused: clock.State.Paused,
		TypedSearchAttributes: fleet})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = t.client.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
			DoUpdate: func(client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
				return &client.ScheduleUpdate{Schedule: &clock, TypedSearchAttributes: &fleet}, nil
			}})
	}
	return t.translateClock(ctx, c.ID, err)
}

// clockOf is a schedule as Temporal keeps it. An occurrence is over as soon as its
// run has begun, so that what Temporal calls an overlap is decided by the ID of the
// run instead.
func clockOf(c serving.Schedule) client.Schedule {
	spec := &client.ScheduleSpec{TimeZoneName: c.Timing.TimeZone, Jitter: time.Duration(c.Timing.JitterSeconds) * time.Second}
	if c.Timing.Cron != "" {
		spec.CronExpressions = []string{c.Timing.Cron}
	} else {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: time.Duration(c.Timing.IntervalSeconds) * time.Second}}
	}
	if c.Timing.StartAt != nil {
		spec.StartAt = *c.Timing.StartAt
	}
	if c.Timing.EndAt != nil {
		spec.EndAt = *c.Timing.EndAt
	}
	return client.Schedule{
		Spec: spec,
		Action: &client.ScheduleWorkflowAction{ID: workflows.ScheduledID(c.ID, c.Generation), Workflow: TypeScheduled, TaskQueue: workflows.QueueMain,
			Args: []any{workflows.ScheduledInput{ScheduleID: c.ID, Fleet: c.Fleet,
				LateSeconds: float64(c.Timing.CatchUpSeconds + c.Timing.JitterSeconds)}},
			StaticSummary:         "Schedule " + c.Name + " of " + c.Fleet,
			TypedSearchAttributes: temporal.NewSearchAttributes(workflows.FleetKey.ValueSet(c.Fleet))},
		Policy: &client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: time.Duration(c.Timing.CatchUpSeconds) * time.Second},
		State:  &client.ScheduleState{Paused: c.Paused, Note: strings.TrimSpace(c.PausedBy + " " + c.PauseReason)},
	}
}

// Clock implements Clockwork.
func (t *Temporal) Clock(ctx context.Context, id string) (Clock, error) {
	d, err := t.client.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(id)).Describe(ctx)
	if err != nil {
		return Clock{}, t.translateClock(ctx, id, err)
	}
	out := Clock{Next: d.Info.NextActionTimes, Missed: d.Info.NumActionsMissedCatchupWindow}
	if action, is := d.Schedule.Action.(*client.ScheduleWorkflowAction); is {
		// An action of somebody else's has no generation of ours and is replaced.
		generation := strings.TrimPrefix(action.ID, strings.TrimSuffix(workflows.ScheduledID(id, 0), "0"))
		out.Generation, _ = strconv.ParseInt(generation, 10, 64)
	}
	return out, nil
}

// StopClock implements Clockwork.
func (t *Temporal) StopClock(ctx context.Context, id string) error {
	err := t.translateClock(ctx, id, t.client.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(id)).Delete(ctx))
	if errors.Is(err, ErrNoClock) {
		return nil
	}
	return err
}

// translateClock is translate for calls that need no worker: whoever is late is
// Temporal itself.
func (t *Temporal) translateClock(ctx context.Context, id string, err error) error {
	var missing *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing):
		return fmt.Errorf("%w of schedule %s", ErrNoClock, id)
	}
	if err = t.translate(ctx, Execution{WorkflowID: workflows.ScheduleID(id)}, err); errors.Is(err, ErrNoWorker) {
		return fmt.Errorf("%w: %w", ErrUnavailable, errors.Unwrap(err))
	}
	return err
}
