package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
	"github.com/optiinfra/performance-agent/internal/temporalx"
)

// patience bounds the start of a part and the wait for Temporal's index.
const patience = time.Minute

// stack is what is measured and what it stands on.
type stack struct {
	dir, base, vegeta, databaseName string
	temporal                        *testsuite.DevServer
	postgres                        *pgtest.Server
	db                              *store.Store
	server                          *exec.Cmd
}

// startStack starts everything; what it returns must be closed, in the case of an
// error, too.
func startStack(ctx context.Context) (*stack, error) {
	s := &stack{}
	var paths [3]string
	for i, name := range []string{"temporal", "vegeta", "server"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return s, fmt.Errorf("%w: %w", ErrNoTools, err)
		}
		paths[i] = path
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "bench-api"); err != nil {
		return s, fmt.Errorf("folder of the bench: %w", err)
	}
	s.vegeta = paths[1]
	if err := s.startTemporal(ctx, paths[0]); err != nil {
		return s, err
	}
	url, err := s.startDatabase()
	if err != nil {
		return s, err
	}
	if s.db, err = store.Open(ctx, url); err != nil {
		return s, fmt.Errorf("open the store: %w", err)
	}
	if err := seed(ctx, s.db); err != nil {
		return s, fmt.Errorf("seed the store: %w", err)
	}
	return s, s.startServer(ctx, paths[2], url)
}

func (s *stack) startTemporal(ctx context.Context, cli string) error {
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	var err error
	s.temporal, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: cli, LogLevel: "error", Stdout: io.Discard,
		ClientOptions: &client.Options{Logger: quiet}})
	if err != nil {
		return fmt.Errorf("start the dev server: %w", err)
	}
	return temporalx.EnsureSearchAttributes(ctx, s.temporal.Client(), "default")
}

// startDatabase prefers Postgres, which production runs.
func (s *stack) startDatabase() (url string, err error) {
	s.postgres, err = pgtest.Start()
	if errors.Is(err, pgtest.ErrNoBinaries) {
		s.databaseName = "SQLite"
		return "sqlite:" + filepath.Join(s.dir, "agent.db"), nil
	}
	if err != nil {
		return "", fmt.Errorf("start Postgres: %w", err)
	}
	s.databaseName = "Postgres"
	return s.postgres.Create("bench_api", "")
}

// startServer starts the server as production does, its limit of requests switched
// off, and returns when it is ready.
func (s *stack) startServer(ctx context.Context, binary, database string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find a port: %w", err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return fmt.Errorf("find a port: %w", err)
	}
	s.base = "http://" + address
	s.server = exec.Command(binary)
	s.server.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+s.temporal.FrontendHostPort(), "PERFAGENT_DATABASE_URL="+database,
		"PERFAGENT_LISTEN="+address, "PERFAGENT_RATE_PER_SECOND=0", "PERFAGENT_AUTH=off", "PERFAGENT_LOG_LEVEL=warn", "PERFAGENT_STATE_DIR="+filepath.Join(s.dir, "state"))
	s.server.Stderr = os.Stderr
	if err := s.server.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	return until(ctx, func() (bool, error) {
		answer, err := http.Get(s.base + "/health/ready")
		if err != nil {
			return false, nil // it does not listen yet
		}
		return answer.StatusCode == http.StatusOK, answer.Body.Close()
	})
}

// kept counts what is there of the accepted starts. Temporal's index follows its
// histories within seconds.
func (s *stack) kept(ctx context.Context, accepted int) (Kept, error) {
	k := Kept{Accepted: accepted}
	err := until(ctx, func() (bool, error) {
		n, err := s.temporal.Client().CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: `WorkflowType = "Optimize"`})
		k.Workflows = int(n.GetCount())
		return k.Workflows >= accepted, err
	})
	if err != nil && !errors.Is(err, errLate) { // what is still missing then is lost
		return k, fmt.Errorf("count workflows: %w", err)
	}
	open, cursor := true, ""
	for {
		page, next, err := s.db.Runs(ctx, store.RunFilter{Open: &open}, store.Page{Limit: 500, Cursor: cursor})
		if err != nil {
			return k, fmt.Errorf("count records: %w", err)
		}
		k.Records += len(page)
		if cursor = next; cursor == "" {
			return k, nil
		}
	}
}

var errLate = errors.New("it takes too long")

// until asks several times a second until it is so.
func until(ctx context.Context, so func() (bool, error)) error {
	tick, late := time.NewTicker(200*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for {
		if is, err := so(); is || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-late:
			return errLate
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close ends everything that was started.
func (s *stack) close() error {
	var failed []error
	if s.server != nil && s.server.Process != nil {
		_ = s.server.Process.Signal(syscall.SIGTERM)
		failed = append(failed, s.server.Wait())
	}
	if s.db != nil {
		failed = append(failed, s.db.Close())
	}
	if s.postgres != nil {
		failed = append(failed, s.postgres.Stop())
	}
	if s.temporal != nil {
		failed = append(failed, s.temporal.Stop())
	}
	if s.dir != "" {
		failed = append(failed, os.RemoveAll(s.dir))
	}
	return errors.Join(failed...)
}
