package fault_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
)

// record keeps what a watcher applied and what it logged.
type record struct {
	mu   sync.Mutex
	sets []fault.Set
	log  []byte
}

func (r *record) apply(s fault.Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sets = append(r.sets, s)
}

// Write implements io.Writer for the log.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, p...)
	return len(p), nil
}

func (r *record) applied() []fault.Set {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]fault.Set(nil), r.sets...)
}

func (r *record) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.log)
}

// put replaces the file as a careful writer does, so that no half is seen.
func put(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(content), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func TestWatcher_FollowsTheFileAndKeepsTheLastGoodOne(t *testing.T) {
	t.Parallel()
	path, seen := filepath.Join(t.TempDir(), "faults.json"), &record{}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		fault.NewWatcher(path, "canary", slog.New(slog.NewTextHandler(seen, nil))).Run(ctx, seen.apply)
	}()
	becomes := func(want ...fault.Set) {
		t.Helper()
		require.Eventually(t, func() bool { return len(seen.applied()) == len(want) }, 5*time.Second, 10*time.Millisecond)
		require.Equal(t, want, seen.applied())
	}

	slow := fault.Set{Slowdown: 6}
	put(t, path, `[{"variant":"canary","kind":"slow","factor":6}]`)
	becomes(slow)
	put(t, path, `[{"variant":"canary","kind":"slow","fact`)
	require.Eventually(t, func() bool { return strings.Contains(seen.logged(), "keeping the faults in force") }, 5*time.Second, 10*time.Millisecond)
	put(t, path, `[{"kind":"hang"}]`)
	becomes(slow, fault.Set{Slowdown: 1, Hang: true})
	require.NoError(t, os.Remove(path))
	becomes(slow, fault.Set{Slowdown: 1, Hang: true}, fault.None())

	cancel()
	<-ended
}

func TestWatcher_NoFile_IsNoFault(t *testing.T) {
	t.Parallel()
	seen := &record{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // one look, then the end
	fault.NewWatcher(filepath.Join(t.TempDir(), "none"), "", slog.New(slog.NewTextHandler(seen, nil))).Run(ctx, seen.apply)
	require.Empty(t, seen.applied())
	require.Empty(t, seen.logged())
}
