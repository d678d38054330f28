package workflows_test

import (
	"errors"
	"strings"
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

// A promotion that was terminated at any of its steps leaves a router in which
// stable has no endpoints, or those of replicas that are gone, while what the
// watch believes by then may be the split alone.
func TestMonitor_TerminatedPromotion_RoutesToTheStableThatRunsBeforeItGetsTraffic(t *testing.T) {
	t.Parallel()
	old, next := vllmConfig("--enforce-eager", "--max-num-seqs", "16"), candidate()
	allCanary := serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Canary, Percent: 100}}}
	for name, halfway := range map[string]struct {
		pool    []string // stable's, in the router
		running []serving.VariantStatus
	}{
		"drained, nothing replaced yet":          {nil, []serving.VariantStatus{{Variant: serving.Stable, Config: old, Endpoints: []string{"http://s1", "http://s2"}}}},
		"one of two replaced, not yet routed":    {nil, []serving.VariantStatus{{Variant: serving.Stable, Config: old, Endpoints: []string{"http://s2"}}, {Variant: serving.Stable, Config: next, Endpoints: []string{"http://n1"}}}},
		"both replaced, one routed":              {[]string{"http://n1"}, []serving.VariantStatus{{Variant: serving.Stable, Config: next, Endpoints: []string{"http://n1", "http://n2"}}}},
		"old one rebuilt, the dead still routed": {[]string{"http://n1", "http://n2"}, []serving.VariantStatus{{Variant: serving.Stable, Config: old, Endpoints: []string{"http://s1", "http://s2"}}}},
		"variants could not be looked at":        {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.weights = allCanary
			w.running[serving.Canary] = next
			w.pools[serving.Canary], w.pools[serving.Stable] = []string{"http://c1", "http://c2"}, halfway.pool
			seen, err := w.Traffic(t.Context(), w.fleet)
			require.NoError(t, err)
			var premature []string
			w.around = func(_ int, write string, after bool) {
				if after && write == "weights canary=0" && len(w.pools[serving.Stable]) < 2 {
					premature = append(premature, write)
				}
			}
			monitorOnce(t, w, activities.WatchFleetResult{Drift: &seen, Deviations: []serving.Deviation{split},
				Running: append(halfway.running, serving.VariantStatus{Variant: serving.Canary, Config: next, Endpoints: []string{"http://c1", "http://c2"}})})
			w.requireAtRest(t)
			require.Empty(t, premature)
			require.Equal(t, []string{"http://stable0", "http://stable1"}, w.pools[serving.Stable], "the replicas that run now")
			require.Contains(t, strings.Join(w.told("weights"), "\n"), "stable rebuilt as recorded")
		})
	}
}

// A stage that was terminated leaves stable as it is: nothing of it is touched.
func TestMonitor_TerminatedStage_LeavesAWholeStableAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.weights = serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Stable, Percent: 75}, {Variant: serving.Canary, Percent: 25}}}
	w.running[serving.Canary], w.pools[serving.Canary] = candidate(), []string{"http://c1"}
	seen, err := w.Traffic(t.Context(), w.fleet)
	require.NoError(t, err)
	monitorOnce(t, w, activities.WatchFleetResult{Drift: &seen, Deviations: []serving.Deviation{split, orphaned}, Running: []serving.VariantStatus{
		{Variant: serving.Stable, Config: w.fleet.Config, Endpoints: []string{"http://s2", "http://s1"}},
		{Variant: serving.Canary, Config: candidate(), Endpoints: []string{"http://c1"}}}})
	w.requireAtRest(t)
	require.NotContains(t, strings.Join(w.written(), "\n"), "stable")
}

// Replicas that somebody else runs are only routed to: nothing is started for them.
func TestMonitor_TerminatedPromotionOfGivenReplicas_RoutesToThem(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Endpoints = []string{"http://given1", "http://given2"}
	w.weights = serving.Weights{Revision: 40, Shares: []serving.Share{{Variant: serving.Canary, Percent: 100}}}
	w.running[serving.Canary] = candidate()
	w.pools[serving.Canary], w.pools[serving.Stable] = []string{"http://c1", "http://c2"}, nil
	seen, err := w.Traffic(t.Context(), w.fleet)
	require.NoError(t, err)
	monitorOnce(t, w, activities.WatchFleetResult{Drift: &seen, Deviations: []serving.Deviation{split}})
	w.requireAtRest(t)
	require.Equal(t, w.fleet.Endpoints, w.pools[serving.Stable])
	require.NotContains(t, strings.Join(w.written(), "\n"), "ensure stable")
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
