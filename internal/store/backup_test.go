package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// filledStore is a store with rollouts whose records are whole, and one of
// everything else that has a record of its own.
func filledStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s := open(t, url)
	for n := range 3 {
		narrate(t, s, fmt.Sprintf("r%d", n), 4, func(int) {})
	}
	fleet := filled[serving.Fleet](1)
	_, err := s.CreateFleet(t.Context(), fleet)
	require.NoError(t, err)
	run := filled[serving.RunRecord](2)
	require.NoError(t, s.SaveRun(t.Context(), run))
	trial := filled[serving.TrialRecord](3)
	trial.RunID = run.ID
	require.NoError(t, s.SaveTrial(t.Context(), trial))
	require.NoError(t, s.SaveViolation(t.Context(), filled[serving.ViolationRecord](4)))
	_, err = s.AddSnapshot(t.Context(), filled[serving.SnapshotRecord](5))
	require.NoError(t, err)
	return s
}

// requireCopy asserts that a restored store has what the first has, and that each
// record of it is whole.
func requireCopy(t *testing.T, from, to *store.Store) {
	t.Helper()
	want, err := from.Verify(t.Context())
	require.NoError(t, err)
	got, err := to.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, got.Problems)
	require.Equal(t, want, got)
	for n := range 3 {
		requireComplete(t, to, fmt.Sprintf("r%d", n), 4)
	}
	same(t, filled[serving.RunRecord](2).Fleet)(func() (string, error) {
		r, err := to.Run(t.Context(), filled[serving.RunRecord](2).ID)
		return r.Fleet, err
	}())
}

func TestBackup_OfSQLite_IsAWholeStore(t *testing.T) {
	t.Parallel()
	url, file := sqliteURL(t), filepath.Join(t.TempDir(), "backup.db")
	s := filledStore(t, url)
	require.NoError(t, store.Backup(t.Context(), url, file))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	requireCopy(t, s, open(t, file))
	require.ErrorIs(t, store.Backup(t.Context(), url, file), os.ErrExist, "a backup replaces nothing")
}

func TestBackup_WhileOthersWrite_IsOfOneMoment(t *testing.T) {
	t.Parallel()
	url, file := sqliteURL(t), filepath.Join(t.TempDir(), "backup.db")
	s := open(t, url)
	begun := make(chan struct{})
	var writing sync.WaitGroup
	for n := range 3 {
		writing.Go(func() {
			narrate(t, s, fmt.Sprintf("r%d", n), 10, func(i int) {
				if n == 0 && i == 2 {
					close(begun)
				}
			})
		})
	}
	<-begun
	require.NoError(t, store.Backup(t.Context(), url, file))
	writing.Wait()
	got, err := open(t, file).Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, got.Problems)
}

func TestBackup_OfWhatCannotBe_SaysWhy(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "backup.db")
	err := store.Backup(t.Context(), "postgres://u:secret@h/d", file)
	require.ErrorIs(t, err, store.ErrInvalid)
	require.ErrorContains(t, err, "pg_dump")
	require.NotContains(t, err.Error(), "secret")
	missing := filepath.Join(t.TempDir(), "none.db")
	require.ErrorIs(t, store.Backup(t.Context(), missing, file), os.ErrNotExist)
	require.NoFileExists(t, missing)
	require.NoFileExists(t, file)
}

// The commands are those of docs/database.md.
func TestBackup_OfPostgresByItsOwnTools_IsAWholeStore(t *testing.T) {
	t.Parallel()
	server, err := postgres()
	pgtest.Skip(t, err)
	dump, restore := pgtest.Tool(t, "pg_dump"), pgtest.Tool(t, "pg_restore")
	url := server.Database(t, template)
	s := filledStore(t, url)
	file := filepath.Join(t.TempDir(), "agent.dump")
	out, err := exec.Command(dump, "--format=custom", "--file="+file, url).CombinedOutput()
	require.NoError(t, err, "%s", out)
	empty := server.Database(t, "")
	out, err = exec.Command(restore, "--no-owner", "--exit-on-error", "--dbname="+empty, file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	requireCopy(t, s, open(t, empty))
}

func TestVerify_RecordsThatLackSomething_AreNamed(t *testing.T) {
	t.Parallel()
	server, err := postgres()
	pgtest.Skip(t, err)
	url := server.Database(t, template)
	s := filledStore(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	for _, loss := range []string{"DELETE FROM events WHERE run_id = 'r0' AND seq = 2", "DELETE FROM stages WHERE rollout_id = 'r1'",
		"DELETE FROM rollouts WHERE id = 'r2'", "DELETE FROM runs", "UPDATE rollouts SET doc = doc - 'closed_at' WHERE id = 'r0'"} {
		_, err = conn.Exec(t.Context(), loss)
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close(t.Context()))
	got, err := s.Verify(t.Context())
	require.NoError(t, err)
	require.Len(t, got.Problems, 5)
	for i, part := range []string{"r0 has a gap", "rollout r2, which is not there", "trials of run", "r1 was promoted without a stage", "r0 has an outcome and no end"} {
		require.Contains(t, got.Problems[i], part)
	}
}
