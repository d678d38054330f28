package main

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// IDs of records that are there when the conversation begins.
const (
	seededRun            = "run-that-ended"
	seededRollout        = "rollout-that-ended"
	seededViolation      = "violation-of-chat"
	seededLoadTest       = "load-test-before"
	otherLoadTest        = "load-test-after"
	seededRecommendation = "recommendation-1"
	otherRecommendation  = "recommendation-2"
)

// contractTemporal starts Temporal's dev server with a namespace for each
// database.
func contractTemporal(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dev, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: temporalCLI(t), LogLevel: "error",
		Stdout: io.Discard, ExtraArgs: []string{"--namespace", "sqlite", "--namespace", "postgres"},
		ClientOptions: &client.Options{Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = dev.Stop() })
	return dev.FrontendHostPort()
}

// temporalCLI finds Temporal's program; without it the test is skipped, unless
// E2E_REQUIRED says that it must be there.
func temporalCLI(t *testing.T) string {
	t.Helper()
	for _, path := range []string{os.Getenv("TEMPORAL_CLI"), filepath.Join("..", "bin", "temporal")} {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			found, err := filepath.Abs(path)
			require.NoError(t, err)
			return found
		}
	}
	found, err := exec.LookPath("temporal")
	if err != nil {
		require.Empty(t, os.Getenv("E2E_REQUIRED"), "no temporal")
		t.Skip("no temporal (scripts/need installs it)")
	}
	return found
}

// dialContract connects to a namespace and runs stand-ins for our workflows there.
func dialContract(t *testing.T, address, namespace string, db *store.Store) client.Client {
	t.Helper()
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	temporal, err := client.Dial(client.Options{HostPort: address, Namespace: namespace, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	require.NoError(t, temporalx.EnsureSearchAttributes(context.Background(), temporal, namespace))
	w := worker.New(temporal, workflows.QueueMain, worker.Options{})
	for _, kind := range []string{api.TypeOptimize, api.TypeRollout, api.TypeMonitor, api.TypeLoadTest, api.TypeValidate, api.TypeWave} {
		w.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: kind})
	}
	// It writes as a local activity, so that the workflow itself only decides.
	save := func(ctx context.Context, i serving.Insight) error { return db.SaveInsight(ctx, i) }
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, in workflows.InsightInput) error {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: time.Minute})
		insight := serving.Insight{ID: in.Question.Subject, Fleet: in.Question.Fleet.Name, CreatedAt: workflow.Now(ctx).UTC(), RequestedBy: in.RequestedBy}
		return workflow.ExecuteLocalActivity(ctx, save, insight).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: api.TypeInsight})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return temporal
}

// standIn takes every command, answers the status query and stays until it is
// cancelled, a rollout until it is rolled back: what is under test is the API, in
// front of a real Temporal, whatever a workflow decides.
func standIn(ctx workflow.Context, _ any) error {
	over := false
	rolloutOver := func() bool { return over && workflow.GetInfo(ctx).WorkflowType.Name == api.TypeRollout }
	status := func() (map[string]any, error) { return map[string]any{"phase": string(workflows.PhaseShifting)}, nil }
	if err := workflow.SetQueryHandler(ctx, workflows.StatusQuery, status); err != nil {
		return err
	}
	for _, name := range []string{workflows.Approve, workflows.Reject, workflows.Pause, workflows.Resume, workflows.Promote, workflows.Rollback} {
		err := workflow.SetUpdateHandler(ctx, name, func(workflow.Context, workflows.Command) (workflows.CommandAnswer, error) {
			over = name == workflows.Rollback
			return workflows.CommandAnswer{Before: workflows.PhaseShifting, Phase: workflows.PhaseShifting}, nil
		})
		if err != nil {
			return err
		}
	}
	return workflow.Await(ctx, rolloutOver)
}

// seed keeps what workflows would have kept.
func seed(t *testing.T, db *store.Store) {
	t.Helper()
	ctx, at := context.Background(), time.Now().UTC().Add(-time.Hour)
	closed := at.Add(time.Minute)
	config := serving.EngineConfig{Engine: serving.VLLM, Model: alertModel, Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "64"}}}
	for _, err := range []error{
		db.SaveRun(ctx, serving.RunRecord{ID: seededRun, WorkflowID: "optimize:chat", Fleet: "chat", Phase: "done",
			Outcome: serving.OutcomePromoted, StartedAt: at, UpdatedAt: closed, ClosedAt: &closed}),
		db.SaveTrial(ctx, serving.TrialRecord{RunID: seededRun, Fleet: "chat", UpdatedAt: closed, Trial: serving.Trial{Number: 1,
			Purpose: "baseline", Status: serving.TrialMeasured, Candidate: serving.Candidate{Config: config}}}),
		db.AppendEvent(ctx, serving.EventRecord{Key: "1", RunID: seededRun, Fleet: "chat", At: at, Type: "phase", Message: "collecting"}),
		db.AppendEvent(ctx, serving.EventRecord{Key: "2", RunID: seededRun, Fleet: "chat", At: closed, Type: "outcome", Message: "promoted"}),
		db.SaveRollout(ctx, serving.RolloutRecord{ID: seededRollout, WorkflowID: "rollout:chat", Fleet: "chat", To: config,
			StartedAt: at, UpdatedAt: closed, ClosedAt: &closed}),
		db.SaveStage(ctx, serving.StageRecord{RolloutID: seededRollout, Fleet: "chat", Weight: 5, StartedAt: at}),
		db.SaveViolation(ctx, serving.ViolationRecord{ID: seededViolation, Fleet: "chat", OpenedAt: at,
			Violation: serving.Violation{SLO: "ttft-p95", Observed: 2.4, Threshold: 1, Source: "monitor"}}),
		db.SaveRecommendations(ctx, []serving.RecommendationRecord{{ID: seededRecommendation, Fleet: "chat", Status: "open", CreatedAt: at},
			{ID: otherRecommendation, Fleet: "chat", Status: "open", CreatedAt: at}}),
		db.SaveLoadTest(ctx, loadTestOf(seededLoadTest, 4, 5, at)), db.SaveLoadTest(ctx, loadTestOf(otherLoadTest, 9, 10, at)),
	} {
		require.NoError(t, err)
	}
}

func loadTestOf(id string, good, bad float64, at time.Time) serving.LoadTestRecord {
	closed := at.Add(time.Minute)
	return serving.LoadTestRecord{ID: id, WorkflowID: workflows.LoadTestID(id), Fleet: "chat", Phase: "completed", StartedAt: at, ClosedAt: &closed,
		Result: &serving.LadderResult{MaxGood: good, MinBad: serving.Known(bad), Reference: serving.LoadResult{Requests: 100}}}
}

// contractGateway is a real gateway's admin address.
func contractGateway(t *testing.T) string {
	t.Helper()
	admin := httptest.NewServer(gateway.New(gateway.Options{}).AdminHandler())
	t.Cleanup(admin.Close)
	return admin.URL
}

// addressed replaces the addresses of the examples by those of this test.
func addressed(engine, router string) *strings.Replacer {
	return strings.NewReplacer("http://127.0.0.1:8001", engine, "http://127.0.0.1:8002", engine, "http://127.0.0.1:8101", router)
}

// member is an agent whose orchestrator always agrees.
type member struct{}

func (member) State() serving.Membership { return serving.Membership{URL: "http://orchestrator:8080"} }
func (m member) Register(context.Context) (serving.Membership, error) {
	joined := m.State()
	joined.Registered, joined.AgentID, joined.Registrations = true, "agent-1", 1
	return joined, nil
}
