package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// before are the rows that a program left which knew the migrations up to a
// version, by the version that made their tables.
var before = map[int64][]string{
	1: {
		`INSERT INTO fleets (name, generation, created_at, updated_at, doc) VALUES ('old', 3, @, @, '{"name":"old","replicas":4}')`,
		`INSERT INTO runs (id, fleet, outcome, started_at, updated_at, doc) VALUES ('run', 'old', 'promoted', @, @, '{"id":"run","fleet":"old","outcome":"promoted"}')`,
		`INSERT INTO trials (run_id, number, fleet, updated_at, doc) VALUES ('run', 1, 'old', @, '{"run_id":"run","fleet":"old","trial":{"number":1}}')`,
		`INSERT INTO rollouts (id, fleet, outcome, started_at, updated_at, doc) VALUES ('rollout', 'old', 'promoted', @, @, '{"id":"rollout","fleet":"old","outcome":"promoted"}')`,
		`INSERT INTO stages (rollout_id, position, fleet, ended_at, doc) VALUES ('rollout', 0, 'old', @, '{"rollout_id":"rollout","fleet":"old","weight":5}')`,
		`INSERT INTO violations (id, fleet, opened_at, doc) VALUES ('violation', 'old', @, '{"id":"violation","fleet":"old"}')`,
		`INSERT INTO snapshots (fleet, variant, taken_at, doc) VALUES ('old', 'stable', @, '{"model":"m"}')`,
		`INSERT INTO events (run_id, seq, event_key, at, doc) VALUES ('run', 1, 'k', @, '{"key":"k","run_id":"run"}')`,
		`INSERT INTO audit (at, actor, target, doc) VALUES (@, 'ann', 'old', '{"actor":"ann","action":"fleet.create","target":"old"}')`,
		`INSERT INTO audit (at, actor, target, doc) VALUES (@, 'ann', 'old', '{"actor":"ann","action":"fleet.update","target":"old"}')`,
	},
	2: {`INSERT INTO rollups (fleet, variant, resolution, starts_at, rolled, doc) VALUES ('old', 'stable', '1h', @, '1', '{}')`},
	3: {`INSERT INTO golden_sets (id, doc) VALUES ('golden', '{"id":"golden","items":[{"id":"a"}]}')`},
	4: {`INSERT INTO slo_counted (fleet, until) VALUES ('old', @)`},
}

// noonText is noon as both databases take it.
const noonText = "'2026-11-20 12:00:00+00:00'"

func TestOpen_DatabaseOfAnyEarlierVersion_KeepsItsRecords(t *testing.T) {
	t.Parallel()
	versions, err := store.Versions()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(versions), 5)
	for _, version := range versions {
		var rows []string
		for made, statements := range before {
			if made <= version {
				rows = append(rows, statements...)
			}
		}
		for i := range rows {
			rows[i] = strings.ReplaceAll(rows[i], "@", noonText)
		}
		upgrade := func(t *testing.T, url string) {
			require.NoError(t, store.AtVersion(t.Context(), url, version, rows))
			s := open(t, url)
			requireOld(t, s)
			requireNewWork(t, s)
		}
		t.Run(fmt.Sprintf("sqlite from %d", version), func(t *testing.T) {
			t.Parallel()
			upgrade(t, sqliteURL(t))
		})
		t.Run(fmt.Sprintf("postgres from %d", version), func(t *testing.T) {
			t.Parallel()
			server, err := postgres()
			pgtest.Skip(t, err)
			upgrade(t, server.Database(t, ""))
		})
	}
}

// requireOld asserts that all that version 1 had is there and reads well.
func requireOld(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	fleet, err := s.Fleet(ctx, "old")
	require.NoError(t, err)
	require.Equal(t, 4, fleet.Replicas)
	run, err := s.Run(ctx, "run")
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, run.Outcome)
	rollout, err := s.Rollout(ctx, "rollout")
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, rollout.Outcome)
	trials, err := s.Trials(ctx, "run")
	require.NoError(t, err)
	require.Len(t, trials, 1)
	stages, err := s.Stages(ctx, "rollout")
	require.NoError(t, err)
	require.Equal(t, 5, stages[0].Weight)
	open, _, err := s.Violations(ctx, store.ViolationFilter{State: store.ViolationOpen, Severity: serving.AlertPage}, store.Page{})
	require.NoError(t, err)
	require.Len(t, open, 1)
	snapshot, err := s.LatestSnapshot(ctx, "old", serving.Stable)
	require.NoError(t, err)
	require.Equal(t, noon, snapshot.TakenAt)
	events, err := s.Events(ctx, "run", 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 1)
	rows, _, err := s.Audit(ctx, store.AuditFilter{Actor: "ann"}, store.Page{})
	require.NoError(t, err)
	require.Len(t, rows, 2)
}

// requireNewWork asserts that the old rows can be written on.
func requireNewWork(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	fleet, err := s.Fleet(ctx, "old")
	require.NoError(t, err)
	_, err = s.UpdateFleet(ctx, fleet, 0)
	require.NoError(t, err)
	require.NoError(t, s.AppendEvent(ctx, serving.EventRecord{RunID: "run", Key: "k", Fleet: "old", At: noon}))
	require.NoError(t, s.AppendEvent(ctx, serving.EventRecord{RunID: "run", Key: "new", Fleet: "old", At: noon}))
	events, err := s.Events(ctx, "run", 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 2)
	rolled, err := s.RollUp(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, rolled.Minutes, "the old snapshot is counted")
	_, err = s.AcknowledgeViolation(ctx, "violation", "ann", "", noon)
	require.NoError(t, err)
}

func TestOpen_DatabaseOfANewerVersion_IsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	newer := func(t *testing.T, url string) {
		require.NoError(t, store.AtVersion(t.Context(), url, 1, []string{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`}))
		_, err := store.Open(t.Context(), url)
		require.ErrorIs(t, err, store.ErrNewer)
		require.ErrorIs(t, err, serving.ErrPermanent)
		require.ErrorContains(t, err, "migration 99999")
		require.ErrorContains(t, err, "restore a backup")
		err = store.AtVersion(t.Context(), url, 1, []string{"SELECT rolled FROM snapshots"})
		require.ErrorContains(t, err, "rolled", "nothing was migrated")
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); newer(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server, err := postgres()
		pgtest.Skip(t, err)
		newer(t, server.Database(t, ""))
	})
}

// A branch with a lower number may land after one with a higher.
func TestOpen_LowerNumberThatIsMissing_IsAppliedLater(t *testing.T) {
	t.Parallel()
	late := func(t *testing.T, url string) {
		undone := []string{"DROP TABLE validations", "DROP TABLE golden_sets", "DROP TABLE answers", "DELETE FROM goose_db_version WHERE version_id = 3"}
		require.NoError(t, store.AtVersion(t.Context(), url, 4, undone))
		_, _, err := open(t, url).Validations(t.Context(), "", store.Page{})
		require.NoError(t, err)
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); late(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server, err := postgres()
		pgtest.Skip(t, err)
		late(t, server.Database(t, ""))
	})
}

// processVariable makes the test binary a process that opens a database and
// writes to it. Its value is a number and the URL.
const processVariable = "STORE_PROCESS"

// eventsEach is how many events each process writes.
const eventsEach = 10

// processMain is the life of such a process.
func processMain(task string) int {
	number, url, _ := strings.Cut(task, " ")
	err := func() error {
		ctx := context.Background()
		s, err := store.Open(ctx, url)
		if err != nil {
			return err
		}
		for i := range eventsEach {
			if err := s.AppendEvent(ctx, serving.EventRecord{RunID: "shared", Key: number + "/" + strconv.Itoa(i), Fleet: "chat", At: noon}); err != nil {
				return err
			}
		}
		return s.Close()
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestOpen_SeveralProcessesOnAnEmptyDatabase_MigrateItOnceAndLoseNothing(t *testing.T) {
	t.Parallel()
	together := func(t *testing.T, url string) {
		const processes = 3
		var running sync.WaitGroup
		for n := range processes {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", processVariable, n, url))
			running.Go(func() {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("process %d: %v: %s", n, err, out)
				}
			})
		}
		running.Wait()
		events, err := open(t, url).Events(t.Context(), "shared", 0, 500)
		require.NoError(t, err)
		require.Len(t, events, processes*eventsEach)
		for i, e := range events {
			require.Equal(t, int64(i+1), e.Seq, "numbered without a gap")
		}
	}
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); together(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server, err := postgres()
		pgtest.Skip(t, err)
		together(t, server.Database(t, ""))
	})
}
