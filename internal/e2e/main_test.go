package e2e_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/workflows"
)

// shared is what the tests of this package share: building an engine and
// starting a server take seconds each.
type shared struct {
	skip   string // why nothing can run here
	server *testsuite.DevServer
	client client.Client
	llmsim string
}

var the shared // set once by TestMain, read by the tests

func TestMain(m *testing.M) {
	if task := os.Getenv(workerVariable); task != "" {
		os.Exit(workerMain(task))
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := prepare(dir); err != nil {
		if os.Getenv("E2E_REQUIRED") == "1" {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		the.skip = err.Error()
	}
	if the.server != nil {
		defer func() { _ = the.server.Stop() }()
	}
	defer cluster.Stop()
	return m.Run()
}

func prepare(dir string) error {
	cli, err := findCLI()
	if err != nil {
		return err
	}
	the.llmsim = filepath.Join(dir, "llmsim")
	if out, err := exec.Command("go", "build", "-o", the.llmsim, "github.com/optiinfra/performance-agent/deploy/llmsim").CombinedOutput(); err != nil {
		return fmt.Errorf("build the simulated engine: %w: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	quiet := log.NewStructuredLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	the.server, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: cli, LogLevel: "error",
		ClientOptions: &client.Options{Logger: quiet},
		SearchAttributes: temporal.NewSearchAttributes(workflows.FleetKey.ValueSet(""), workflows.EngineKey.ValueSet(""),
			workflows.PhaseKey.ValueSet(""), workflows.OutcomeKey.ValueSet(""), workflows.WeightKey.ValueSet(0),
			workflows.ImprovementKey.ValueSet(0))})
	if err != nil {
		return fmt.Errorf("start the dev server: %w", err)
	}
	the.client = the.server.Client()
	return nil
}

func findCLI() (string, error) {
	candidates := []string{os.Getenv("TEMPORAL_CLI"), "../../bin/temporal"}
	if found, err := exec.LookPath("temporal"); err == nil {
		candidates = append(candidates, found)
	}
	if out, err := exec.Command("go", "env", "GOPATH").Output(); err == nil {
		candidates = append(candidates, filepath.Join(strings.TrimSpace(string(out)), "bin", "temporal"))
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); c != "" && err == nil && !info.IsDir() {
			return filepath.Abs(c)
		}
	}
	return "", fmt.Errorf("no Temporal CLI found: run scripts/need temporal, or set TEMPORAL_CLI")
}

func needStack(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("end to end: not in -short")
	}
	if the.skip != "" {
		t.Skip(the.skip)
	}
}
