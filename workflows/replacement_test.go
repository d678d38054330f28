package workflows_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// ofThree is a world whose fleet has three replicas.
func ofThree() *world {
	w := newWorld()
	w.fleet.Replicas = 3
	w.pools[serving.Stable] = []string{"http://s1", "http://s2", "http://s3"}
	return w
}

// requireCapacity asserts, at each change of weights or pools, that every variant
// has the replicas that its share of the traffic needs.
func (w *world) requireCapacity(t *testing.T) {
	t.Helper()
	w.around = func(_ int, write string, after bool) {
		if !after {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, s := range w.weights.Shares {
			require.GreaterOrEqual(t, len(w.pools[s.Variant])*100, s.Percent*w.fleet.Replicas-99,
				"%s has %d replicas for %d%% after %q", s.Variant, len(w.pools[s.Variant]), s.Percent, write)
		}
	}
}

func TestPromotion_TakesOverReplicaByReplicaWithFullCapacity(t *testing.T) {
	t.Parallel()
	w := ofThree()
	w.requireCapacity(t)
	require.Equal(t, serving.OutcomePromoted, runRollout(t, environment(t, w), rolloutInput()).Outcome)
	w.requireOnly(t, candidate())
	var steps []string
	for _, write := range w.written() {
		if strings.HasPrefix(write, "ensure stable") {
			steps = append(steps, write)
		}
	}
	require.Equal(t, []string{"ensure stable x3 up to 1", "ensure stable x3 up to 2", "ensure stable x3 up to 3"}, steps)
}

func TestPromotion_FailsAtAnyReplica_CanaryServesUntilTheOldStableStands(t *testing.T) {
	t.Parallel()
	for k := 1; k <= 3; k++ {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			w := ofThree()
			w.requireCapacity(t)
			w.refuse = refuseOnly(fmt.Sprintf("ensure stable x3 up to %d", k), fmt.Errorf("out of memory: %w", serving.ErrPermanent))
			env := environment(t, w)
			env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
			requireErrorType(t, env.GetWorkflowError(), workflows.ErrRunFailed)
			require.ErrorContains(t, env.GetWorkflowError(), "out of memory")
			w.requireAtRest(t)
		})
	}
}

// The old stable does not come back either: the healthy side is the canary, and
// it must be left serving, loudly.
func TestPromotion_FailsBothWays_CanaryKeepsServing(t *testing.T) {
	t.Parallel()
	w := ofThree()
	w.refuse = func(write string) error {
		if write == "ensure stable x3 up to 2" || write == "ensure stable x3" {
			return errors.Join(errors.New("out of memory"), serving.ErrPermanent)
		}
		return nil
	}
	env := environment(t, w)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRollbackFailed)
	require.Equal(t, 100, w.weights.Of(serving.Canary))
	require.Len(t, w.pools[serving.Canary], 3)
}

func undoable() *world {
	w := newWorld()
	w.fleet.Policy.UndoSeconds = 1800
	return w
}

// promoted calls back once the rollout keeps the old configuration warm.
func promoted(env *testsuite.TestWorkflowEnvironment, w *world, then func()) {
	var look func()
	look = func() {
		value, err := env.QueryWorkflow(workflows.StatusQuery)
		var status workflows.RolloutStatus
		if err == nil && value.Get(&status) == nil && status.Phase == workflows.PhaseUndoable {
			then()
			return
		}
		env.RegisterDelayedCallback(look, 10*time.Second)
	}
	env.RegisterDelayedCallback(look, 10*time.Second)
}

func TestUndo_NobodyWantsBack_OldReplicasAreStoppedAfterTheTime(t *testing.T) {
	t.Parallel()
	w := undoable()
	env := environment(t, w)
	warm := false
	promoted(env, w, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		warm = w.running[serving.Baseline].Equal(vllmConfig("--enforce-eager", "--max-num-seqs", "16")) && w.fleet.Config.Equal(candidate())
	})
	require.Equal(t, serving.OutcomePromoted, runRollout(t, env, rolloutInput()).Outcome)
	require.True(t, warm, "the old configuration was not warm beside the recorded new one")
	w.requireOnly(t, candidate())
}

func TestUndo_WithinTheTime_GoesBackToTheWarmReplicasAndRecordsIt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		undo   func(*testsuite.TestWorkflowEnvironment)
		reason string
	}{
		"rollback": {func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.Rollback, workflows.Command{By: "ana"})
		}, "rollback by ana"},
		"violation of the new stable": {func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(workflows.SLOViolation, serving.Violation{ID: "v", Variant: serving.Stable, SLO: "ttft-p95"})
		}, "SLO ttft-p95 violated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := undoable()
			env := environment(t, w)
			w.requireCapacity(t)
			promoted(env, w, func() { want.undo(env) })
			result := runRollout(t, env, rolloutInput())
			require.Equal(t, serving.OutcomeRolledBack, result.Outcome)
			require.Contains(t, result.Reason, want.reason)
			require.NotZero(t, result.RestoredUnix)
			w.requireAtRest(t)
		})
	}
}

func TestUndo_Canceled_GoesBackAndEndsCanceled(t *testing.T) {
	t.Parallel()
	w := undoable()
	env := environment(t, w)
	promoted(env, w, env.CancelWorkflow)
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
	w.requireAtRest(t)
}

func TestUndo_OldStableDoesNotStand_WarmReplicasKeepServing(t *testing.T) {
	t.Parallel()
	w := undoable()
	env := environment(t, w)
	promoted(env, w, func() {
		w.mu.Lock()
		w.refuse = refuseOnly("ensure stable x2", errors.Join(errors.New("out of memory"), serving.ErrPermanent))
		w.mu.Unlock()
		env.SignalWorkflow(workflows.Rollback, workflows.Command{By: "ana"})
	})
	env.ExecuteWorkflow(workflows.Rollout, rolloutInput())
	requireErrorType(t, env.GetWorkflowError(), workflows.ErrRollbackFailed)
	require.Equal(t, 100, w.weights.Of(serving.Baseline))
	require.Len(t, w.pools[serving.Baseline], 2)
}

func TestUndo_NoRoomToKeepTheOldWarm_PromotionStandsAndRollbackStartsIt(t *testing.T) {
	t.Parallel()
	w := undoable()
	env := environment(t, w)
	refusing := true
	w.refuse = func(write string) error {
		if refusing && write == "ensure baseline x2" {
			return errors.Join(errors.New("no accelerator is free"), serving.ErrPermanent)
		}
		return nil
	}
	promoted(env, w, func() {
		w.mu.Lock()
		refusing = false
		w.mu.Unlock()
		env.SignalWorkflow(workflows.Rollback, workflows.Command{})
	})
	require.Equal(t, serving.OutcomeRolledBack, runRollout(t, env, rolloutInput()).Outcome)
	w.requireAtRest(t)
	require.Contains(t, strings.Join(w.told("note"), "\n"), "could not be kept warm")
}
