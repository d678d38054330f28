package workflows_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// monitorOnce lets the monitor see one result and then calm until it continues
// as new.
func monitorOnce(t *testing.T, w *world, seen activities.WatchFleetResult) []activities.WatchFleetInput {
	t.Helper()
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	env.OnActivity("WatchFleet", anything, anything).Return(watches(&inputs, seen))
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.True(t, env.IsWorkflowCompleted())
	return inputs
}

func (w *world) told(kind string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.events {
		if e.Type == kind {
			out = append(out, e.Message)
		}
	}
	return out
}

var (
	orphaned   = serving.Deviation{Kind: serving.DeviatingVariant, Variant: serving.Canary, Detail: "1 replicas of canary run and nobody owns them"}
	otherFlags = serving.Deviation{Kind: serving.DeviatingFlags, Variant: serving.Stable, Detail: "2 replicas of stable run --max-num-seqs 16 -> 256"}
	split      = serving.Deviation{Kind: serving.DeviatingWeights, Detail: "traffic is split stable 50%, canary 50%"}
)

func TestMonitor_OrphanedVariant_IsStoppedAndTheRolloutsRecordClosed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.running[serving.Canary] = candidate()
	gone := &serving.Abandoned{RolloutID: "r1", How: "terminated by ana: wrong fleet"}
	inputs := monitorOnce(t, w, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights},
		Deviations: []serving.Deviation{orphaned}, Abandoned: gone})
	w.requireAtRest(t)
	require.Equal(t, []serving.Abandoned{*gone}, w.abandoned)
	require.Contains(t, w.told("drift")[0], "rollout r1 was terminated by ana: wrong fleet and could not compensate")
	require.Empty(t, inputs[1].Known, "what was repaired must be found again if it comes back")
}

func TestMonitor_OtherFlags_AreReportedOnceAndLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.running[serving.Stable] = candidate()
	inputs := monitorOnce(t, w, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}, Deviations: []serving.Deviation{otherFlags}})
	require.Empty(t, w.written())
	require.Len(t, w.told("drift"), 1)
	require.Equal(t, []string{otherFlags.Key()}, inputs[1].Known)
}

func TestMonitor_OtherFlagsUnderRepair_StableIsRebuiltAsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.RepairDrift = serving.RepairDrift
	w.running[serving.Stable] = candidate()
	monitorOnce(t, w, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}, Deviations: []serving.Deviation{otherFlags}})
	w.requireAtRest(t)
	require.Contains(t, w.told("weights")[0], "stable rebuilt as recorded")
}

// A promotion that was terminated halfway: stable is being replaced, the canary
// serves. Traffic may go back only after stable stands again.
func TestMonitor_TerminatedPromotion_CanaryServesUntilStableStands(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.weights = serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Stable, Percent: 50}, {Variant: serving.Canary, Percent: 50}}}
	w.running[serving.Canary], w.running[serving.Stable] = candidate(), candidate()
	w.pools[serving.Canary] = []string{"http://c1", "http://c2"}
	w.pools[serving.Stable] = []string{"http://s1"}
	traffic, err := w.Traffic(t.Context(), w.fleet)
	require.NoError(t, err)
	monitorOnce(t, w, activities.WatchFleetResult{Drift: &traffic, Deviations: []serving.Deviation{split, orphaned, otherFlags},
		Running: []serving.VariantStatus{{Variant: serving.Canary, Endpoints: []string{"http://c1", "http://c2"}}}})
	w.requireAtRest(t)
	writes := w.written()
	require.Contains(t, writes[0], "weights")
	require.Contains(t, writes[1], "ensure stable")
	require.Contains(t, writes[0], "canary", "stable was rebuilt while it had traffic: %v", writes)
}

func TestMonitor_ReportPolicy_RepairsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.RepairDrift = serving.ReportDrift
	w.running[serving.Canary] = candidate()
	monitorOnce(t, w, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}, Deviations: []serving.Deviation{orphaned}})
	require.Empty(t, w.written())
	require.Len(t, w.told("drift"), 1)
}

func TestMonitor_RepairFails_IsToldAndTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.running[serving.Canary] = candidate()
	w.refuse = refuseOnly("remove canary", errors.Join(errors.New("no such host"), serving.ErrPermanent))
	inputs := monitorOnce(t, w, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}, Deviations: []serving.Deviation{orphaned}})
	require.Contains(t, w.told("weights")[0], "could not be repaired")
	require.Empty(t, inputs[1].Known)
}

// The watch began before a promotion: what it compared with is not the record of
// today.
func TestMonitor_RecordChangedMeanwhile_IsNoDrift(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Policy.RepairDrift = serving.RepairDrift
	env := environment(t, w)
	var inputs []activities.WatchFleetInput
	answer := watches(&inputs, activities.WatchFleetResult{Drift: &serving.Traffic{Weights: w.weights}, Deviations: []serving.Deviation{otherFlags}})
	env.OnActivity("WatchFleet", anything, anything).Return(answer).Run(func(mock.Arguments) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.fleet.Config = candidate()
	})
	env.ExecuteWorkflow(workflows.Monitor, workflows.MonitorInput{Fleet: fleetName})
	require.Empty(t, w.written())
	require.Empty(t, w.told("drift"))
}

func TestMonitor_Recovered_IsTold(t *testing.T) {
	t.Parallel()
	w := newWorld()
	monitorOnce(t, w, activities.WatchFleetResult{Recovered: true})
	require.Equal(t, []string{"over: production is as recorded again"}, w.told("drift"))
}
