package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// postgres is the one server of this test binary, started by the first test
// that wants it.
var postgres = sync.OnceValues(func() (*pgtest.Server, error) {
	postgresWanted.Store(true)
	server, err := pgtest.Start()
	if err != nil {
		return nil, err
	}
	url, err := server.Create(template, "")
	if err != nil {
		return nil, err
	}
	s, err := store.Open(context.Background(), url)
	if err != nil {
		return nil, fmt.Errorf("migrate template: %w", err)
	}
	return server, s.Close()
})

// postgresWanted keeps TestMain from starting a server only to stop it.
var postgresWanted atomic.Bool

// template is the migrated database that tests get copies of.
var template = fmt.Sprintf("store_template_%d", os.Getpid())

func TestMain(m *testing.M) {
	if task := os.Getenv(processVariable); task != "" {
		os.Exit(processMain(task))
	}
	code := m.Run()
	if !postgresWanted.Load() {
		os.Exit(code)
	}
	if server, err := postgres(); err == nil {
		if err := errors.Join(databases.drop(server), server.Stop()); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// onEach runs a test on a fresh database of either kind, in parallel.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, databases.take(t))
	})
}

// pool hands out migrated Postgres databases, empty of rows, and takes them
// back after the test: to empty one takes a fraction of the time of a copy.
type pool struct {
	mu   sync.Mutex
	free []string
}

var databases pool

func (p *pool) take(t *testing.T) string {
	t.Helper()
	server, err := postgres()
	pgtest.Skip(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	var url string
	if n := len(p.free); n > 0 {
		url, p.free = p.free[n-1], p.free[:n-1]
	} else {
		url, err = server.Create(fmt.Sprintf("store_%d_%s", os.Getpid(), strings.ToLower(rand.Text())), template)
		require.NoError(t, err)
	}
	t.Cleanup(func() { // the stores are closed by now: theirs are registered later
		empty(t, url)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, url)
	})
	return url
}

// drop removes the databases from a server that outlives the tests.
func (p *pool) drop(server *pgtest.Server) error {
	var errs []error
	for _, url := range p.free {
		config, err := pgx.ParseConfig(url)
		if err == nil {
			err = server.Drop(config.Database)
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, server.Drop(template))...)
}

// empty deletes every row of every table but goose's.
func empty(t *testing.T, url string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, `DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version' LOOP
			EXECUTE 'DELETE FROM ' || quote_ident(name);
		END LOOP; END $$`)
	require.NoError(t, err)
}

func sqliteURL(t *testing.T) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "store.db")
}

// open opens a store and closes it with the test.
func open(t *testing.T, url string, options ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// clock is a time that moves only when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: noon} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// noon is when most records of the tests are from.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// after is a time some seconds after noon.
func after(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

func ptr[T any](v T) *T { return &v }
