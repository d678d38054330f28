package scale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
	"github.com/optiinfra/performance-agent/internal/temporalx"
)

// ErrNoTools says that a program which is needed is not on this machine.
var ErrNoTools = errors.New("a program is missing: run scripts/need temporal postgresql and make build")

// stack is what is measured and what it stands on.
type stack struct {
	dir      string
	fleets   *self.Server
	temporal *testsuite.DevServer
	postgres *pgtest.Server
	db       *store.Store
	rows     *sql.DB
	worker   *exec.Cmd
}

// startStack starts everything for so many fleets; what it returns must be closed, in
// the case of an error, too.
func startStack(ctx context.Context, fleets int) (*stack, error) {
	s := &stack{}
	var paths [2]string
	for i, name := range []string{"temporal", "worker"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return s, fmt.Errorf("%w: %w", ErrNoTools, err)
		}
		paths[i] = path
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "bench-scale"); err != nil {
		return s, fmt.Errorf("folder of the bench: %w", err)
	}
	if s.fleets, err = self.Serve(ctx, roleFleets, fleetsVariable+"="+strconv.Itoa(fleets)); err != nil {
		return s, fmt.Errorf("simulated fleets: %w", err)
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	s.temporal, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: paths[0], LogLevel: "error", Stdout: io.Discard,
		ClientOptions: &client.Options{Logger: quiet}})
	if err != nil {
		return s, fmt.Errorf("start the dev server: %w", err)
	}
	if err := temporalx.EnsureSearchAttributes(ctx, s.temporal.Client(), "default"); err != nil {
		return s, fmt.Errorf("prepare the dev server: %w", err)
	}
	url, err := s.startDatabase(ctx)
	if err != nil {
		return s, err
	}
	return s, s.startWorker(paths[1], url, fleets)
}

func (s *stack) startDatabase(ctx context.Context) (url string, err error) {
	if s.postgres, err = pgtest.Start(); errors.Is(err, pgtest.ErrNoBinaries) {
		return "", fmt.Errorf("%w: %w", ErrNoTools, err)
	}
	if err != nil {
		return "", fmt.Errorf("start Postgres: %w", err)
	}
	if url, err = s.postgres.Create("bench_scale", ""); err != nil {
		return "", fmt.Errorf("make the database: %w", err)
	}
	if s.db, err = store.Open(ctx, url); err != nil {
		return "", fmt.Errorf("open the store: %w", err)
	}
	s.rows, err = sql.Open("pgx", url)
	return url, err
}

func (s *stack) startWorker(binary, database string, fleets int) error {
	s.worker = exec.Command(binary)
	s.worker.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+s.temporal.FrontendHostPort(), "PERFAGENT_DATABASE_URL="+database,
		"PERFAGENT_STATE_DIR="+filepath.Join(s.dir, "state"), "PERFAGENT_LOG_LEVEL=error", "PERFAGENT_MAX_WATCHES="+strconv.Itoa(fleets), keyVariable+"=bench")
	s.worker.Stderr = os.Stderr
	if err := s.worker.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	return nil
}

// countRows are those of all our tables.
func (s *stack) countRows(ctx context.Context) (int, error) {
	found, err := s.rows.QueryContext(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		return 0, fmt.Errorf("list tables: %w", err)
	}
	defer found.Close()
	var tables []string
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return 0, fmt.Errorf("list tables: %w", err)
		}
		tables = append(tables, name)
	}
	if err := found.Err(); err != nil {
		return 0, fmt.Errorf("list tables: %w", err)
	}
	total := 0
	for _, name := range tables {
		n := 0
		if err := s.rows.QueryRowContext(ctx, "SELECT count(*) FROM "+pgx.Identifier{name}.Sanitize()).Scan(&n); err != nil {
			return 0, fmt.Errorf("count %s: %w", name, err)
		}
		total += n
	}
	return total, nil
}

// close ends everything that was started.
func (s *stack) close() error {
	var failed []error
	if s.worker != nil && s.worker.Process != nil {
		_ = s.worker.Process.Signal(syscall.SIGTERM)
		failed = append(failed, s.worker.Wait())
	}
	if s.fleets != nil {
		s.fleets.Stop()
	}
	if s.rows != nil {
		failed = append(failed, s.rows.Close())
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
