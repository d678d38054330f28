package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// postgres is the one server of this test binary, started by the first test
// that wants it.
var postgres = sync.OnceValues(func() (*pgtest.Server, error) {
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

// template is the migrated database that tests get copies of.
var template = fmt.Sprintf("store_template_%d", os.Getpid())

func TestMain(m *testing.M) {
	code := m.Run()
	if server, err := postgres(); err == nil {
		if err := server.Drop(template); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if err := server.Stop(); err != nil {
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
		server, err := postgres()
		pgtest.Skip(t, err)
		test(t, server.Database(t, template))
	})
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
