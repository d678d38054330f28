package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// quickOptions are a run of a minute.
func quickOptions() workflows.OptimizeOptions {
	return workflows.OptimizeOptions{ObserveSeconds: 6, MaxTrials: 4,
		Trial:   workflows.TrialPlan{StepSeconds: 2, MinRequests: 20, WarmupSeconds: 1, Resolution: 0.5, MaxSteps: 4, MaxRate: 60},
		Rollout: plan()}
}

func (f *fleet) startOptimize(t *testing.T) client.WorkflowRun {
	t.Helper()
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.OptimizeID(f.name),
		TaskQueue: workflows.QueueMain}, workflows.Optimize, workflows.OptimizeInput{Fleet: f.name, Options: quickOptions()})
	require.NoError(t, err)
	return run
}

func TestOptimize_MistunedFleet_IsImprovedAndPromoted(t *testing.T) {
	f := newFleet(t, "mistuned", "--enforce-eager", "--max-num-seqs", "4", "--gpu-memory-utilization", "0.5")
	f.stopWorker()
	f.languageModel = limitedOnce(t)
	f.startWorker(t)
	f.startMonitor(t)
	run := f.startOptimize(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out workflows.OptimizeResult
	require.NoError(t, run.Get(ctx, &out))
	require.Equal(t, serving.OutcomePromoted, out.Outcome, out.Reason)
	require.NotNil(t, out.Gain)
	require.Greater(t, out.Gain.ThroughputRatioLow, 1.05)
	f.requireOnly(t, out.Winner.Config)
	f.requireNothingLost(t)
	kept, err := f.store.Run(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, serving.InsightAnswered, kept.Advisor.Status, kept.Advisor.Reason)
	require.Equal(t, 2, kept.Advisor.Usage.Attempts)
	require.NotEmpty(t, kept.Sources)
	events, err := f.store.Events(t.Context(), run.GetRunID(), 0, 1000)
	require.NoError(t, err)
	require.Equal(t, "outcome", events[len(events)-1].Type)
	record(t, "optimize-asked", run.GetID(), run.GetRunID())
	record(t, "trial-fresh", workflows.TrialID(f.name, 1), "")
}

// limitedOnce is a stand-in for a language model that wants to be left alone for a
// second, and then answers.
func limitedOnce(t *testing.T) activities.LanguageModel {
	t.Helper()
	s := advisortest.Start(advisortest.Limits(time.Second), advisortest.Says(advisortest.Answer("Eager mode costs most.",
		advisortest.Proposal{Title: "larger blocks", Finding: "host-overhead", Changes: []string{"--block-size", "set", "32"}})))
	t.Cleanup(s.Close)
	return advisor.New(advisor.Options{URL: s.URL(), Key: advisortest.Key, HTTP: http.DefaultClient})
}

func TestOptimize_CanceledDuringATrial_StopsStagingAndEndsCanceled(t *testing.T) {
	f := newFleet(t, "optimize-canceled", "--enforce-eager", "--max-num-seqs", "4")
	run := f.startOptimize(t)
	require.Eventually(t, func() bool {
		running, err := f.engines.Describe(t.Context(), f.record)
		return err == nil && len(running) == 2
	}, time.Minute, 50*time.Millisecond, "staging never started")
	require.NoError(t, the.client.CancelWorkflow(t.Context(), run.GetID(), ""))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.True(t, temporal.IsCanceledError(run.Get(ctx, nil)))
	f.requireOnly(t, flagsOf(t, "--enforce-eager --max-num-seqs 4"))
	record(t, "optimize-canceled", run.GetID(), run.GetRunID())
	record(t, "trial-canceled", workflows.TrialID(f.name, 1), "")
}

func (f *fleet) startMonitor(t *testing.T) client.WorkflowRun {
	t.Helper()
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.MonitorID(f.name),
		TaskQueue: workflows.QueueMain}, workflows.Monitor, workflows.MonitorInput{Fleet: f.name, TickSeconds: 1})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, the.client.CancelWorkflow(context.Background(), run.GetID(), ""))
	})
	return run
}

func TestLoadTest_AgainstStable_IsRecorded(t *testing.T) {
	f := newFleet(t, "loadtested", "--max-num-seqs", "32")
	load := workload
	load.RatePerSecond = 5
	run, err := the.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.LoadTestID("one"),
		TaskQueue: workflows.QueueMain}, workflows.LoadTest, workflows.LoadTestInput{ID: "one", Fleet: f.name,
		Spec: serving.LadderSpec{Base: serving.LoadSpec{Workload: load, DurationSeconds: 2, Seed: 1, RequestTimeoutSeconds: 10},
			Objectives: f.record.SLOs, StepSeconds: 2, MinRequests: 10, MaxRate: 20, Resolution: 0.5, MaxSteps: 2}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out workflows.LoadTestStatus
	require.NoError(t, run.Get(ctx, &out))
	require.Equal(t, "completed", out.Phase)
	require.NotZero(t, out.Result.MaxGood)
	saved, err := f.store.LoadTest(t.Context(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, "completed", saved.Phase)
	record(t, "loadtest", run.GetID(), run.GetRunID())
}
