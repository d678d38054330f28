package durable_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/durable"
)

func TestReplace_FileIsWholeAndHasItsMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	require.NoError(t, durable.Replace(path, []byte("one"), 0o600))
	require.NoError(t, durable.Replace(path, []byte("two"), 0o644))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(content))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), info.Mode().Perm())
}

func TestReplace_ThatFails_KeepsTheOldFileAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	require.NoError(t, os.MkdirAll(filepath.Join(path, "full"), 0o755)) // cannot be renamed over
	require.ErrorContains(t, durable.Replace(path, []byte("two"), 0o644), path)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.ErrorIs(t, durable.Replace(filepath.Join(dir, "none", "state"), nil, 0o644), fs.ErrNotExist)
}

func TestReplace_ReadersBesideWriters_SeeWholeFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	content := func(i int) string { return strings.Repeat(string(rune('a'+i)), 10_000) }
	require.NoError(t, durable.Replace(path, []byte(content(0)), 0o644))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 20 {
				require.NoError(t, durable.Replace(path, []byte(content(i)), 0o644))
				seen, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, strings.Repeat(string(seen[:1]), 10_000), string(seen))
			}
		})
	}
	wg.Wait()
}

func TestLock_ExcludesGoroutinesAndIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	held, counter := 0, 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			unlock, err := durable.Lock(t.Context(), path)
			require.NoError(t, err)
			defer unlock()
			held++
			require.Equal(t, 1, held)
			counter++
			held--
		})
	}
	wg.Wait()
	require.Equal(t, 4, counter)
}

func TestLock_WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := durable.Lock(t.Context(), path)
	require.NoError(t, err)
	defer unlock()
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err = durable.Lock(ctx, path)
	require.ErrorIs(t, err, why)
	_, err = durable.Lock(t.Context(), filepath.Join(path, "under-a-file"))
	require.Error(t, err)
}
