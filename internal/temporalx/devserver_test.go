package temporalx_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/workflows"
)

// The command in our error message and the order of events at a first start are
// only right if a real server agrees.
func TestDevServer_AttributesCanBeUsedOnceRegistered(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := dial(ctx, t, devServer(ctx, t))

	for range 2 {
		require.NoError(t, temporalx.EnsureSearchAttributes(ctx, c, "default"))
	}
	attributes := temporal.NewSearchAttributes(workflows.FleetKey.ValueSet("chat"), workflows.EngineKey.ValueSet("vllm"),
		workflows.PhaseKey.ValueSet("soak"), workflows.OutcomeKey.ValueSet("promoted"), workflows.WeightKey.ValueSet(25),
		workflows.ImprovementKey.ValueSet(3.1))
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "w", TaskQueue: "nobody", TypedSearchAttributes: attributes}, "Any")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: `Fleet = "chat" AND Weight = 25 AND Improvement > 3 AND Outcome = "promoted"`})
		return err == nil && len(found.GetExecutions()) == 1
	}, 30*time.Second, 50*time.Millisecond)
}

// One trace leads from the start over the workflow to its activity.
func TestDevServer_Traced_StartWorkflowAndActivityAreOneTrace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	spans := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	c := dial(ctx, t, devServer(ctx, t), temporalx.WithTracing(provider))
	w := worker.New(c, "traced", worker.Options{})
	act := func(context.Context) error { return nil }
	w.RegisterActivityWithOptions(act, activity.RegisterOptions{Name: "Act"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "Act").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Flow"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)

	request, span := provider.Tracer("test").Start(ctx, "request")
	run, err := c.ExecuteWorkflow(request, client.StartWorkflowOptions{ID: "traced", TaskQueue: "traced"}, "Flow")
	require.NoError(t, err)
	require.NoError(t, run.Get(ctx, nil))
	span.End()
	require.Eventually(t, func() bool {
		var names []string
		for _, s := range spans.Ended() {
			if s.SpanContext().TraceID() == span.SpanContext().TraceID() {
				names = append(names, s.Name())
			}
		}
		return slices.Contains(names, "StartWorkflow:Flow") && slices.Contains(names, "RunWorkflow:Flow") &&
			slices.Contains(names, "StartActivity:Act") && slices.Contains(names, "RunActivity:Act")
	}, 30*time.Second, 20*time.Millisecond)
}

func dial(ctx context.Context, t *testing.T, address string, options ...temporalx.Option) client.Client {
	t.Helper()
	options = append(options, temporalx.WithEnvironment(environment{"TEMPORAL_ADDRESS": address}))
	c, err := temporalx.Dial(ctx, silent(), options...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// devServer starts Temporal's own dev server without any attribute of ours.
func devServer(ctx context.Context, t *testing.T) string {
	t.Helper()
	cli := findCLI()
	if cli == "" {
		t.Skip("no Temporal CLI: put temporal on the PATH or set TEMPORAL_CLI to it")
	}
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: cli, LogLevel: "error"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	return server.FrontendHostPort()
}

// findCLI looks for the binary where it is set, installed, or go puts it; "" if
// it is nowhere.
func findCLI() string {
	candidates := []string{os.Getenv("TEMPORAL_CLI")}
	if found, err := exec.LookPath("temporal"); err == nil {
		candidates = append(candidates, found)
	}
	if home, err := os.UserHomeDir(); err == nil {
		candidates = append(candidates, filepath.Join(home, "go", "bin", "temporal"))
	}
	for _, path := range candidates {
		if info, err := os.Stat(path); path != "" && err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}
