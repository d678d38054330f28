package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

func isStale(err error) bool { return errors.Is(err, store.ErrStale) }

func TestOpen_EveryWayToNameAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, url := range map[string]string{
		"plain path":                   filepath.Join(dir, "a.db"),
		"scheme":                       "sqlite:" + filepath.Join(dir, "b.db"),
		"scheme with slashes":          "sqlite://" + filepath.Join(dir, "c.db"),
		"folder that does not exist":   filepath.Join(dir, "new", "folder", "d.db"),
		"characters that mean things":  filepath.Join(dir, "50% of what? #1 é.db"),
		"looks like a query parameter": filepath.Join(dir, "e.db&_txlock=deferred"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			require.NoError(t, s.Ping(context.Background()))
			_, err := s.CreateFleet(context.Background(), chat())
			require.NoError(t, err)
		})
	}
	t.Cleanup(func() {
		for _, file := range []string{"a.db", "b.db", "c.db", "new/folder/d.db", "50% of what? #1 é.db", "e.db&_txlock=deferred"} {
			require.FileExists(t, filepath.Join(dir, file))
		}
	})
}

func TestOpen_NoURL_IsTheDefaultFile(t *testing.T) {
	t.Chdir(t.TempDir())
	open(t, "")
	require.FileExists(t, store.DefaultPath)
}

func TestOpen_WhatCannotBeADatabase_IsRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"mysql://u:secret@h/d", "sqlite:", ":memory:", "sqlite::memory:", "postgres://u:secret@h:nonsense/d"} {
		_, err := store.Open(context.Background(), url)
		require.ErrorIs(t, err, store.ErrInvalid, url)
		require.ErrorIs(t, err, serving.ErrPermanent, url)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestOpen_WhereNothingAnswers_IsUnavailable(t *testing.T) {
	t.Parallel()
	_, err := store.Open(context.Background(), "postgres://u:secret@127.0.0.1:1/d?sslmode=disable")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NotErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "127.0.0.1:1")
	require.NotContains(t, err.Error(), "secret")

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = store.Open(context.Background(), filepath.Join(file, "below.db"))
	require.ErrorIs(t, err, store.ErrUnavailable)
}

func TestOpen_FileThatIsNoDatabase_IsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(file, []byte("this is not a database, it is a text of some length\n"), 0o600))
	_, err := store.Open(context.Background(), file)
	require.Error(t, err)
	content, readErr := os.ReadFile(file)
	require.NoError(t, readErr)
	require.Contains(t, string(content), "not a database", "it is left as it was")
}

// Several processes start at once on an empty database: each must find the
// tables complete, whoever made them.
func TestOpen_ManyAtOnceOnAnEmptyDatabase_AllSucceed(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		openTogether(t, sqliteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server, err := postgres()
		pgtest.Skip(t, err)
		openTogether(t, server.Database(t, ""))
	})
}

func openTogether(t *testing.T, url string) {
	t.Helper()
	var opening sync.WaitGroup
	for range 6 {
		opening.Go(func() {
			s, err := store.Open(context.Background(), url)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if _, _, err := s.Runs(context.Background(), store.RunFilter{}, store.Page{}); err != nil {
				t.Errorf("tables are not complete: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	opening.Wait()
}

func TestOpen_Again_KeepsWhatIsThere(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first, err := store.Open(ctx, url)
		require.NoError(t, err)
		_, err = first.CreateFleet(ctx, chat())
		require.NoError(t, err)
		require.NoError(t, first.Close())
		_, err = open(t, url).Fleet(ctx, "chat")
		require.NoError(t, err)
	})
}

func TestStore_ContextThatEnds_IsNotTakenForAnOutage(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
		defer cancel()
		_, err := s.Fleet(ctx, "chat")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, store.ErrUnavailable)
		canceled, stop := context.WithCancel(context.Background())
		stop()
		require.ErrorIs(t, s.SaveRun(canceled, serving.RunRecord{ID: "r", Fleet: "chat"}), context.Canceled)
	})
}

func TestStore_ServerGoneAway_IsUnavailable(t *testing.T) {
	t.Parallel()
	server, err := postgres()
	pgtest.Skip(t, err)
	const name = "store_gone"
	url, err := server.Create(name, template)
	require.NoError(t, err)
	s := open(t, url)
	require.NoError(t, s.Ping(context.Background()))
	require.NoError(t, server.Drop(name))
	_, err = s.Fleet(context.Background(), "chat")
	require.ErrorIs(t, err, store.ErrUnavailable)
}
