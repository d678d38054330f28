package api_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// obedient is a workflow that counts approvals, refuses to be rejected, and ends
// when it is promoted or cancelled.
func obedient(ctx workflow.Context, in workflows.OptimizeInput) error {
	status := workflows.OptimizeStatus{Fleet: in.Fleet, Phase: workflows.PhaseTrialing}
	promoted := false
	handle := func(name string, effect func()) error {
		return workflow.SetUpdateHandlerWithOptions(ctx, name, func(workflow.Context, workflows.Command) (workflows.CommandAnswer, error) {
			effect()
			return workflows.CommandAnswer{Phase: status.Phase}, nil
		}, workflow.UpdateHandlerOptions{Validator: func(workflows.Command) error {
			if name == workflows.Reject {
				return temporal.NewApplicationError("reject is not possible while trialing", workflows.ErrInvalidInput)
			}
			return nil
		}})
	}
	err := errors.Join(
		workflow.SetQueryHandler(ctx, workflows.StatusQuery, func() (workflows.OptimizeStatus, error) { return status, nil }),
		handle(workflows.Approve, func() { status.GenerationSeconds++ }),
		handle(workflows.Reject, func() {}),
		handle(workflows.Promote, func() { promoted = true }),
	)
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return promoted })
}

// onDevServer is the implementation on Temporal's own dev server with one worker.
func onDevServer(t *testing.T) (*api.Temporal, client.Client, worker.Worker) {
	t.Helper()
	cli := findCLI()
	if cli == "" {
		t.Skip("no Temporal CLI: put temporal on the PATH or set TEMPORAL_CLI to it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: cli, LogLevel: "error",
		// Keys that are set to something, so that the server knows their types.
		SearchAttributes: temporal.NewSearchAttributes(
			workflows.FleetKey.ValueSet(""), workflows.EngineKey.ValueSet(""), workflows.PhaseKey.ValueSet("")),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	c := server.Client()
	w := worker.New(c, workflows.QueueMain, worker.Options{})
	w.RegisterWorkflowWithOptions(obedient, workflow.RegisterOptions{Name: api.TypeOptimize})
	require.NoError(t, w.Start())
	return api.NewTemporal(c), c, w
}

func findCLI() string {
	home, _ := os.UserHomeDir()
	found, _ := exec.LookPath("temporal")
	for _, path := range []string{os.Getenv("TEMPORAL_CLI"), found, filepath.Join(home, "go", "bin", "temporal")} {
		if info, err := os.Stat(path); path != "" && err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

func start(fleet string) api.Start {
	return api.Start{
		Type: api.TypeOptimize, ID: workflows.OptimizeID(fleet), Fleet: fleet, Engine: "vllm",
		Summary: "Optimize " + fleet, Input: workflows.OptimizeInput{Fleet: fleet},
	}
}

func TestTemporal_SpeaksWithARealServer(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a dev server")
	}
	impl, c, w := onDevServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	t.Run("one workflow at a time", func(t *testing.T) {
		first, err := impl.Start(ctx, start("one"))
		require.NoError(t, err)
		_, err = impl.Start(ctx, start("one"))
		var busy *api.BusyError
		require.ErrorAs(t, err, &busy)
		require.Equal(t, first, busy.Current)
		join := start("one")
		join.JoinRunning = true
		joined, err := impl.Start(ctx, join)
		require.NoError(t, err)
		require.Equal(t, first, joined)
		ordered := start("ordered")
		ordered.Order = "ana's first"
		mine, err := impl.Start(ctx, ordered)
		require.NoError(t, err)
		again, err := impl.Start(ctx, ordered)
		require.NoError(t, err, "its answer may have been lost")
		require.Equal(t, mine, again)
		ordered.Order = "ana's second"
		_, err = impl.Start(ctx, ordered)
		require.ErrorAs(t, err, &busy)
		ordered.ID, ordered.Order = first.WorkflowID, "ana's third"
		_, err = impl.Start(ctx, ordered)
		require.ErrorAs(t, err, &busy, "what had no order is nobody's")
		running, open, err := impl.Running(ctx, first.WorkflowID)
		require.NoError(t, err)
		require.True(t, open)
		require.Equal(t, first, running)
		_, open, err = impl.Running(ctx, "optimize:nobody")
		require.NoError(t, err)
		require.False(t, open)
	})
	t.Run("status and commands", func(t *testing.T) {
		e, err := impl.Start(ctx, start("commands"))
		require.NoError(t, err)
		for range 2 {
			a, err := impl.Command(ctx, e, workflows.Approve, "same-key", workflows.Command{By: "ana"})
			require.NoError(t, err)
			require.Equal(t, workflows.PhaseTrialing, a.Phase)
		}
		var status workflows.OptimizeStatus
		require.NoError(t, impl.Status(ctx, e, &status))
		require.InDelta(t, 1, status.GenerationSeconds, 0, "the same key has effect once")

		_, err = impl.Command(ctx, e, workflows.Reject, "", workflows.Command{})
		var rejected *api.RejectedError
		require.ErrorAs(t, err, &rejected)
		require.Equal(t, workflows.ErrInvalidInput, rejected.Type)
		require.Contains(t, rejected.Message, "not possible")
	})
	t.Run("ended and unknown", func(t *testing.T) {
		old, err := impl.Start(ctx, start("ended"))
		require.NoError(t, err)
		_, err = impl.Command(ctx, old, workflows.Promote, "", workflows.Command{})
		require.NoError(t, err)
		require.NoError(t, c.GetWorkflow(ctx, old.WorkflowID, old.RunID).Get(ctx, nil))
		_, err = impl.Command(ctx, old, workflows.Approve, "", workflows.Command{})
		require.ErrorIs(t, err, api.ErrWorkflowClosed)
		require.ErrorIs(t, impl.Cancel(ctx, old), api.ErrWorkflowClosed)
		var status workflows.OptimizeStatus
		require.NoError(t, impl.Status(ctx, old, &status), "a closed workflow still answers")

		next, err := impl.Start(ctx, start("ended"))
		require.NoError(t, err)
		_, err = impl.Command(ctx, old, workflows.Approve, "", workflows.Command{})
		require.ErrorIs(t, err, api.ErrWorkflowClosed, "a command for the old run never reaches the new one")
		require.ErrorIs(t, impl.Cancel(ctx, old), api.ErrWorkflowClosed)
		_, open, err := impl.Running(ctx, next.WorkflowID)
		require.NoError(t, err)
		require.True(t, open)

		nobody := api.Execution{WorkflowID: "optimize:nobody"}
		_, err = impl.Command(ctx, nobody, workflows.Approve, "", workflows.Command{})
		require.ErrorIs(t, err, api.ErrUnknownWorkflow)
		require.ErrorIs(t, impl.Cancel(ctx, nobody), api.ErrUnknownWorkflow)
		require.ErrorIs(t, impl.Status(ctx, nobody, &status), api.ErrUnknownWorkflow)
	})
	t.Run("cancel", func(t *testing.T) {
		e, err := impl.Start(ctx, start("cancel"))
		require.NoError(t, err)
		require.NoError(t, impl.Cancel(ctx, e))
		require.True(t, temporal.IsCanceledError(c.GetWorkflow(ctx, e.WorkflowID, e.RunID).Get(ctx, nil)))
	})
	t.Run("no worker", func(t *testing.T) {
		w.Stop()
		e, err := impl.Start(ctx, start("alone"))
		require.NoError(t, err)
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err = impl.Command(short, e, workflows.Approve, "", workflows.Command{})
		require.ErrorIs(t, err, api.ErrNoWorker)
	})
}
