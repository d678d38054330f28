package e2e_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

// startGiven tries one configuration of the user's on a fleet that already runs
// the defaults.
func (f *fleet) startGiven(t *testing.T, flags string) client.WorkflowRun {
	t.Helper()
	options := quickOptions()
	options.Candidates = []serving.EngineConfig{flagsOf(t, flags)}
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.OptimizeID(f.name),
		TaskQueue: workflows.QueueMain}, workflows.Optimize, workflows.OptimizeInput{Fleet: f.name, Options: options})
	require.NoError(t, err)
	return run
}

// fail puts faults into force for all engines of the fleet that they name.
func (f *fleet) fail(t *testing.T, faults string) {
	t.Helper()
	require.NoError(t, os.WriteFile(f.faultFile(), []byte(faults), 0o600))
}

// awaitTrials waits until so many trials of a run have ended.
func (f *fleet) awaitTrials(t *testing.T, run client.WorkflowRun, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		value, err := the.client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), workflows.StatusQuery)
		var status workflows.OptimizeStatus
		return err == nil && value.Get(&status) == nil && len(status.Trials) >= n
	}, 2*time.Minute, 20*time.Millisecond, "trial %d never ended", n)
}

func optimized(t *testing.T, run client.WorkflowRun) workflows.OptimizeResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out workflows.OptimizeResult
	require.NoError(t, run.Get(ctx, &out))
	return out
}

// The engine computes wrongly once the baseline's answers are taken: the candidate
// says other things and must not see a user.
func TestQuality_WrongCandidate_IsBlockedInStaging(t *testing.T) {
	f := newFleet(t, "wrong")
	run := f.startGiven(t, "--quantization fp8")
	require.Eventually(t, func() bool {
		_, err := f.store.Answers(t.Context(), run.GetRunID()+"/1")
		return err == nil
	}, 2*time.Minute, 20*time.Millisecond, "the baseline was never asked")
	f.fail(t, `[{"variant":"staging","kind":"wrong-output","rate":0.3}]`)
	out := optimized(t, run)
	require.Equal(t, serving.OutcomeNoImprovement, out.Outcome, out.Reason)
	require.Contains(t, out.Reason, "given-1 was blocked by the quality gate: answers are worse")
	trials, err := f.store.Trials(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Len(t, trials, 2)
	require.Equal(t, serving.VerdictFail, trials[1].Trial.Quality.Verdict)
	require.InDelta(t, 0.7, trials[1].Trial.Quality.TokenAgreement, 0.05)
	require.Equal(t, serving.TrialMeasured, trials[0].Trial.Status)
	require.Nil(t, out.Rollout)
	f.requireOnly(t, flagsOf(t, ""))
	f.requireNothingLost(t)
	record(t, "optimize-blocked", run.GetID(), run.GetRunID())
	record(t, "trial-collected", workflows.TrialID(f.name, 1), "")
	record(t, "trial-blocked", workflows.TrialID(f.name, 2), "")
}

// Rounding in FP8 passes, and the trial after it crashes under load: that trial
// has failed, the run has not.
func TestQuality_RoundingPasses_CrashUnderLoadIsAFailedTrial(t *testing.T) {
	f := newFleet(t, "crashing")
	run := f.startGiven(t, "--quantization fp8")
	f.awaitTrials(t, run, 1)
	require.Eventually(t, func() bool {
		_, err := f.store.Answers(t.Context(), run.GetRunID()+"/2")
		return err == nil
	}, 2*time.Minute, 20*time.Millisecond, "the candidate was never asked")
	f.fail(t, `[{"variant":"staging","kind":"crash","after_seconds":1}]`)
	out := optimized(t, run)
	require.Equal(t, serving.OutcomeNoImprovement, out.Outcome, out.Reason)
	trials, err := f.store.Trials(t.Context(), run.GetRunID())
	require.NoError(t, err)
	last := trials[1].Trial
	require.Equal(t, serving.VerdictPass, last.Quality.Verdict, last.Quality.Reason)
	require.Equal(t, serving.TrialFailed, last.Status)
	require.NotEmpty(t, last.Reason)
	t.Log(last.Reason)
	record(t, "trial-crashed", workflows.TrialID(f.name, 2), "")
	f.requireOnly(t, flagsOf(t, ""))
	f.requireNothingLost(t)
}

// The worker dies in the middle of the baseline's load test: another one repeats
// it on the staging engine that is there, and nothing is left behind.
func TestTrial_WorkerDiesDuringTheLoad_IsRepeated(t *testing.T) {
	f := newFleet(t, "orphaned-trial")
	run := f.startGiven(t, "--quantization fp8")
	require.Eventually(t, func() bool {
		_, err := f.store.Answers(t.Context(), run.GetRunID()+"/1")
		return err == nil
	}, 2*time.Minute, 20*time.Millisecond, "the baseline was never asked")
	f.stopWorker()
	f.startWorker(t)
	out := optimized(t, run)
	trials, err := f.store.Trials(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, serving.TrialMeasured, trials[0].Trial.Status, trials[0].Trial.Reason)
	require.NotEmpty(t, trials[0].Trial.Result.Steps, "the load was not repeated")
	require.Contains(t, []serving.Outcome{serving.OutcomeNoImprovement, serving.OutcomePromoted}, out.Outcome, out.Reason)
	running, err := f.engines.Describe(t.Context(), f.record)
	require.NoError(t, err)
	require.Len(t, running, 1, "staging is left behind: %v", running)
	f.requireNothingLost(t)
}

func TestValidate_TwoReplicasOfOneFleet_AnswerAlike(t *testing.T) {
	f := newFleet(t, "validated")
	running, err := f.engines.Describe(t.Context(), f.record)
	require.NoError(t, err)
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.ValidationID("one"),
		TaskQueue: workflows.QueueMain}, workflows.Validate, workflows.ValidateInput{ID: "one", Fleet: f.name,
		Candidate: running[0].Endpoints[1], Policy: serving.QualityPolicy{Margin: 0.05}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out workflows.ValidateStatus
	require.NoError(t, run.Get(ctx, &out))
	require.Equal(t, serving.VerdictPass, out.Quality.Verdict, out.Reason)
	require.Equal(t, 1.0, out.Quality.ExactMatch)
	saved, _, err := f.store.Validations(t.Context(), f.name, store.Page{})
	require.NoError(t, err)
	require.Equal(t, "completed", saved[0].Phase)
	record(t, "validate", run.GetID(), run.GetRunID())
}
