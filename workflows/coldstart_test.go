package workflows_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// slowToStart is an improvable world in which all but the present configuration
// take the given time to start, and that one 40 s.
func slowToStart(seconds float64) *world {
	w := improvable()
	w.ready = func(c serving.EngineConfig) float64 {
		if eager(c) {
			return 40
		}
		return seconds
	}
	return w
}

func TestColdStart_BeyondTheLimit_IsAFailedTrialWithoutALadder(t *testing.T) {
	t.Parallel()
	w := slowToStart(301)
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome)
	require.Contains(t, result.Reason, "blocked by its cold start: cold start took 301.0 s, allowed are 300.0 s")
	w.requireStagingOnly(t)
	slow := 0
	for _, r := range w.trials {
		if eager(r.Trial.Candidate.Config) {
			continue
		}
		slow++
		require.Equal(t, serving.TrialFailed, r.Trial.Status)
		require.Equal(t, serving.VerdictFail, r.Trial.ColdStart.Verdict)
		require.Equal(t, 301.0, r.Trial.ReadySeconds)
	}
	require.NotZero(t, slow)
	require.Len(t, w.ladders, len(w.trials)-slow, "what starts too slowly is not worth a load test")
}

func TestColdStart_WithinTheLimit_IsOnRecordAndPlansTheRollout(t *testing.T) {
	t.Parallel()
	w := slowToStart(100)
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	require.Equal(t, 40.0, result.Baseline.ReadySeconds)
	require.Equal(t, 100.0, result.Winner.ReadySeconds)
	require.Equal(t, serving.VerdictPass, w.trials[1].Trial.ColdStart.Verdict)
	plan := w.rollouts[len(w.rollouts)-1].Plan
	require.Equal(t, serving.Known(100), plan.ReadySeconds)
	require.Equal(t, serving.Known(40), plan.StableReadySeconds)
}

func TestColdStart_PolicyOfTheFleet_Decides(t *testing.T) {
	t.Parallel()
	w := slowToStart(100)
	w.fleet.Policy.MaxReadySeconds = 90
	result := runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomeNoImprovement, result.Outcome)
	require.Contains(t, result.Reason, "the limit of the fleet's policy")

	// The present configuration is what it is, however slowly it starts.
	w = slowToStart(10)
	w.fleet.Policy.MaxReadySeconds = 30
	result = runOptimize(t, environment(t, w), optimizeInput())
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
}

func TestColdStart_OfAGivenConfiguration_BlocksItsRollout(t *testing.T) {
	t.Parallel()
	w := slowToStart(100)
	w.fleet.Policy.MaxReadySeconds = 90
	result := runRollout(t, environment(t, w), quantizedRollout())
	require.Equal(t, serving.OutcomeRejected, result.Outcome)
	require.Contains(t, result.Reason, "blocked by its cold start: cold start took 100.0 s, allowed are 90.0 s")
	w.requireStagingOnly(t)
	require.Equal(t, serving.VerdictPass, w.lastVetting(t).Quality.Verdict, "its answers are right")
}

// A cheap change needs no check of answers, but what a trial of it has shown
// counts.
func TestColdStart_OfAnEarlierTrial_BlocksTheRollout(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.trials = []serving.TrialRecord{
		{RunID: "r1", Trial: serving.Trial{Number: 1, Candidate: serving.Candidate{Config: w.fleet.Config}, ReadySeconds: 200}},
		{RunID: "r1", Trial: serving.Trial{Number: 2, Candidate: serving.Candidate{Config: candidate()}, ReadySeconds: 601, Status: serving.TrialFailed}},
	}
	result := runRollout(t, environment(t, w), rolloutInput())
	require.Equal(t, serving.OutcomeRejected, result.Outcome)
	require.Contains(t, result.Reason, "allowed are 600.0 s")
	w.requireAtRest(t)
}

func TestRolloutPlan_CountsReplicasAndColdStarts(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fleet.Replicas = 10
	in := rolloutInput()
	in.RunID = "r"
	in.Plan.Weights, in.Plan.BakeSeconds = []int{5, 50, 100}, 90
	in.ColdStart = &serving.ColdStart{Seconds: 100, BaselineSeconds: serving.Known(40)}
	result := runRollout(t, environment(t, w), in)
	require.Equal(t, serving.OutcomePromoted, result.Outcome, result.Reason)
	plan := w.rollouts[len(w.rollouts)-1].Plan
	require.Equal(t, []serving.StagePlan{
		{Weight: 5, CanaryReplicas: 1, BaselineReplicas: 1, StartSeconds: serving.Known(140), MinSoakSeconds: 30, MaxSoakSeconds: 60},
		{Weight: 50, CanaryReplicas: 5, BaselineReplicas: 5, StartSeconds: serving.Known(140), MinSoakSeconds: 30, MaxSoakSeconds: 60},
		{Weight: 100, CanaryReplicas: 10, BaselineReplicas: 5, StartSeconds: serving.Known(100), MinSoakSeconds: 90, MaxSoakSeconds: 90},
	}, plan.Stages, "a baseline stays until the end, since nothing takes it away before")
	require.Equal(t, 15, plan.MostExtraReplicas)
	require.Equal(t, serving.Known(1000), plan.PromoteSeconds)
	require.Equal(t, serving.Known(400), plan.RestoreSeconds)
	require.Equal(t, serving.Known(1000+140+140+100+3*5+2*30+90), plan.LeastSeconds)
	// What is planned is what happens.
	var started []string
	for _, write := range w.written() {
		if len(write) > 6 && write[:6] == "ensure" {
			started = append(started, write)
		}
	}
	want := []string{"ensure canary x1", "ensure baseline x1", "ensure canary x5", "ensure baseline x5", "ensure canary x10"}
	for replica := range 10 { // stable takes over one by one
		want = append(want, fmt.Sprintf("ensure stable x10 up to %d", replica+1))
	}
	require.Equal(t, want, started)
}

func TestRolloutPlan_UnknownColdStart_IsUnknownTimeAndKnownCapacity(t *testing.T) {
	t.Parallel()
	w := newWorld()
	runRollout(t, environment(t, w), rolloutInput())
	plan := w.rollouts[len(w.rollouts)-1].Plan
	require.False(t, plan.LeastSeconds.IsKnown())
	require.Len(t, plan.Stages, 4)
	require.Equal(t, 2, plan.Stages[3].CanaryReplicas)
}
