package main

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/workflows"
)

// registered records what is registered.
type registered struct {
	worker.WorkflowRegistry
	behaviour map[string]workflow.VersioningBehavior
	plain     int
}

func (r *registered) RegisterWorkflow(any) { r.plain++ }

func (r *registered) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	name := "pinned"
	if endless(w) {
		name = "endless"
	}
	r.behaviour[name] = o.VersioningBehavior
}

func TestVersioning_WithoutBuildID_IsOff(t *testing.T) {
	t.Parallel()
	settings := config.Worker{DeploymentName: "performance-agent"}
	require.Zero(t, versionOf(settings))
	r := &registered{behaviour: map[string]workflow.VersioningBehavior{}}
	workflows.Register(registryOf(r, settings))
	require.Empty(t, r.behaviour)
	require.Greater(t, r.plain, 5)
}

func TestVersioning_OnlyEndlessWorkflows_MoveToNewerVersions(t *testing.T) {
	t.Parallel()
	settings := config.Worker{DeploymentName: "performance-agent", BuildID: "v2"}
	require.Equal(t, worker.DeploymentOptions{UseVersioning: true,
		Version:                   worker.WorkerDeploymentVersion{DeploymentName: "performance-agent", BuildID: "v2"},
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned}, versionOf(settings))
	r := &registered{behaviour: map[string]workflow.VersioningBehavior{}}
	workflows.Register(registryOf(r, settings))
	require.Equal(t, map[string]workflow.VersioningBehavior{"pinned": workflow.VersioningBehaviorPinned,
		"endless": workflow.VersioningBehaviorAutoUpgrade}, r.behaviour)
	require.Zero(t, r.plain)
	require.False(t, endless(workflows.Rollout))
	require.True(t, endless(workflows.Monitor))
}

// openRollout waits for its end like a rollout in a stage does; it answers with
// the build on which it ended.
func openRollout(build string) func(workflow.Context) (string, error) {
	return func(ctx workflow.Context) (string, error) {
		workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
		return build, nil
	}
}

// The upgrade that docs/deployment.md describes, against Temporal's own dev server:
// a newer version becomes current while a rollout is open.
func TestVersioning_OpenRollout_EndsOnTheVersionItBeganOn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c := devServer(ctx, t)
	versionedWorker(t, c, "v1")
	makeCurrent(ctx, t, c, "v1")
	before := begin(ctx, t, c, "before")
	require.Eventually(t, func() bool { return startedOn(ctx, c, before) == "v1" }, time.Minute, 50*time.Millisecond)

	versionedWorker(t, c, "v2")
	makeCurrent(ctx, t, c, "v2")
	after := begin(ctx, t, c, "after")
	for run, want := range map[client.WorkflowRun]string{before: "v1", after: "v2"} {
		require.NoError(t, c.SignalWorkflow(ctx, run.GetID(), "", "end", nil))
		var got string
		require.NoError(t, run.Get(ctx, &got))
		require.Equal(t, want, got, run.GetID())
	}
}

// versionedWorker runs a worker with the options that ours gets from its settings.
func versionedWorker(t *testing.T, c client.Client, build string) {
	t.Helper()
	settings := config.Worker{BuildID: build, DeploymentName: "performance-agent"}
	w := worker.New(c, "rollouts", worker.Options{DeploymentOptions: versionOf(settings)})
	w.RegisterWorkflowWithOptions(openRollout(build), workflow.RegisterOptions{Name: "Rollout"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// makeCurrent is `temporal worker deployment set-current-version`; the server
// refuses until the version's first poll has arrived.
func makeCurrent(ctx context.Context, t *testing.T, c client.Client, build string) {
	t.Helper()
	handle := c.WorkerDeploymentClient().GetHandle("performance-agent")
	require.Eventually(t, func() bool {
		_, err := handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	}, time.Minute, 100*time.Millisecond)
}

func begin(ctx context.Context, t *testing.T, c client.Client, id string) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "rollouts"}, "Rollout")
	require.NoError(t, err)
	return run
}

// startedOn is the build to which the server has pinned a workflow, "" before its
// first task.
func startedOn(ctx context.Context, c client.Client, run client.WorkflowRun) string {
	described, err := c.DescribeWorkflowExecution(ctx, run.GetID(), run.GetRunID())
	if err != nil {
		return ""
	}
	return described.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
}

// devServer is a client of Temporal's dev server, or skips where there is none.
func devServer(ctx context.Context, t *testing.T) client.Client {
	t.Helper()
	cli := os.Getenv("TEMPORAL_CLI")
	if found, err := exec.LookPath("temporal"); cli == "" && err == nil {
		cli = found
	}
	if built := filepath.Join("..", "bin", "temporal"); cli == "" && isThere(built) {
		cli = built
	}
	if cli == "" || testing.Short() {
		t.Skip("needs Temporal's CLI on the PATH, and is not short")
	}
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: cli, LogLevel: "error"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	c, err := temporalx.Dial(ctx, slog.New(slog.DiscardHandler), temporalx.WithOptions(func(o *client.Options) { o.HostPort = server.FrontendHostPort() }))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
