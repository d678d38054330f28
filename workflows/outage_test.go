package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

var errStoreAway = errors.New("database unavailable")

// awayAt makes every call of an activity fail during an outage that begins and
// ends so long after the workflow's start.
func awayAt(env *testsuite.TestWorkflowEnvironment, began time.Time, from, until time.Duration) func() error {
	return func() error {
		if at := env.Now().Sub(began); at >= from && at < until {
			return errStoreAway
		}
		return nil
	}
}

func TestRollout_StoreAwayAtAnyMoment_EndsRightAndItsRecordIsComplete(t *testing.T) {
	t.Parallel()
	// Longer than a call may take that gives up, and shorter than the ten attempts
	// after which the test environment gives up.
	const outage = 70 * time.Second
	for _, from := range []time.Duration{0, 20 * time.Second, time.Minute, 2 * time.Minute} {
		t.Run(from.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			env := environment(t, w)
			began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
			env.SetStartTime(began)
			away := awayAt(env, began, from, from+outage)
			refused := 0
			fails := func() error {
				err := away()
				if err != nil {
					refused++
				}
				return err
			}
			fleets, admitting := activities.NewFleets(w), activities.NewAdmission(w, w)
			env.OnActivity("LoadFleet", anything, anything).Return(func(ctx context.Context, in activities.LoadFleetInput) (activities.LoadFleetResult, error) {
				if err := fails(); err != nil {
					return activities.LoadFleetResult{}, err
				}
				return fleets.LoadFleet(ctx, in)
			})
			env.OnActivity("Admit", anything, anything).Return(func(ctx context.Context, in activities.AdmitInput) (activities.AdmitResult, error) {
				if err := fails(); err != nil {
					return activities.AdmitResult{}, err
				}
				return admitting.Admit(ctx, in)
			})
			env.OnActivity("SaveFleetConfig", anything, anything).Return(func(ctx context.Context, in activities.SaveFleetConfigInput) error {
				if err := fails(); err != nil {
					return err
				}
				return fleets.SaveFleetConfig(ctx, in)
			})
			env.OnActivity("Record", anything, anything).Return(func(ctx context.Context, in activities.RecordInput) error {
				if err := fails(); err != nil {
					return err
				}
				return activities.NewHistory(w).Record(ctx, in)
			})
			result := runRollout(t, env, rolloutInput())
			require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
			require.NotZero(t, refused, "the outage hit nothing")
			require.Equal(t, 4, len(w.stages), "stages on record")
			last := w.rollouts[len(w.rollouts)-1]
			require.Equal(t, serving.OutcomePromoted, last.Outcome)
			require.NotNil(t, last.ClosedAt)
			keys := map[string]bool{}
			for _, e := range w.events {
				require.False(t, keys[e.Key], "%s is told twice", e.Key)
				keys[e.Key] = true
			}
			w.requireOnly(t, candidate())
		})
	}
}

func TestRollout_CanceledWhileItWaitsForTheStore_EndsCanceled(t *testing.T) {
	t.Parallel()
	env := environment(t, newWorld())
	env.OnActivity("LoadFleet", anything, anything).Return(activities.LoadFleetResult{}, errStoreAway)
	env.RegisterDelayedCallback(env.CancelWorkflow, 40*time.Second)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	require.True(t, env.IsWorkflowCompleted())
	require.ErrorContains(t, env.GetWorkflowError(), "canceled")
}

func TestMonitor_StoreAway_WatchesTheFleetAsItWasKnown(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs))
	loads := 0
	env.OnActivity("LoadFleet", anything, anything).Return(func(ctx context.Context, in activities.LoadFleetInput) (activities.LoadFleetResult, error) {
		if loads++; loads > 1 {
			return activities.LoadFleetResult{}, errStoreAway
		}
		return activities.NewFleets(w).LoadFleet(ctx, in)
	})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.Greater(t, len(inputs), 3, "it went on watching")
	for _, in := range inputs {
		require.Equal(t, w.fleet.SLOs, in.Fleet.SLOs)
	}
}

func TestRemember_StoreAway_WritesTheRowWhenItIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := environment(t, w)
	tries := 0
	env.OnActivity("Record", anything, anything).Return(func(ctx context.Context, in activities.RecordInput) error {
		if tries++; tries < 5 {
			return errStoreAway
		}
		return activities.NewHistory(w).Record(ctx, in)
	})
	env.ExecuteWorkflow(workflows.Remember, activities.RecordInput{Audit: &serving.AuditRecord{Key: "k", Actor: "ana", Action: "rollout.rollback"}})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, w.audit, 1)
	require.Equal(t, "ana", w.audit[0].Actor)
}
