package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// persistently repeats a call as an activity does, until it succeeds.
func persistently(t *testing.T, call func(ctx context.Context) error) {
	patience, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	for {
		ctx, cancel := context.WithTimeout(patience, 15*time.Second)
		err := call(ctx)
		cancel()
		switch {
		case err == nil:
			return
		case errors.Is(err, serving.ErrPermanent):
			t.Errorf("an outage was taken for good: %v", err)
			return
		}
		select {
		case <-patience.Done():
			t.Errorf("it never succeeded: %v", err)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// narrate writes a rollout as its workflow does, each step again and again until
// it is written, and calls after each of them.
func narrate(t *testing.T, s *store.Store, id string, steps int, after func(step int)) {
	for i := range steps {
		at := noon.Add(time.Duration(i) * time.Second)
		r := serving.RolloutRecord{ID: id, Fleet: "chat", Phase: fmt.Sprint(i), StartedAt: noon, UpdatedAt: at}
		if i == steps-1 {
			r.Outcome, r.ClosedAt = serving.OutcomePromoted, &at
		}
		persistently(t, func(ctx context.Context) error { return s.SaveRollout(ctx, r) })
		persistently(t, func(ctx context.Context) error {
			return s.SaveStage(ctx, serving.StageRecord{RolloutID: id, Fleet: "chat", Index: i, StartedAt: noon, EndedAt: at})
		})
		persistently(t, func(ctx context.Context) error {
			return s.AppendEvent(ctx, serving.EventRecord{Key: fmt.Sprintf("%s#%d", id, i), RunID: id, Fleet: "chat", At: at, Type: "phase"})
		})
		persistently(t, func(ctx context.Context) error {
			return s.AppendAudit(ctx, serving.AuditRecord{Key: fmt.Sprintf("%s/%d", id, i), At: at, Actor: "ann", Action: "x", Target: id})
		})
		after(i)
	}
}

// requireComplete asserts that the record has everything once and in order.
func requireComplete(t *testing.T, s *store.Store, id string, steps int) {
	t.Helper()
	r, err := s.Rollout(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, serving.OutcomePromoted, r.Outcome)
	require.NotNil(t, r.ClosedAt)
	stages, err := s.Stages(t.Context(), id)
	require.NoError(t, err)
	require.Len(t, stages, steps)
	events, err := s.Events(t.Context(), id, 0, 500)
	require.NoError(t, err)
	require.Len(t, events, steps, "each event once")
	for i, e := range events {
		require.Equal(t, int64(i+1), e.Seq)
		require.Equal(t, fmt.Sprintf("%s#%d", id, i), e.Key)
	}
	rows, _, err := s.Audit(t.Context(), store.AuditFilter{Target: id}, store.Page{Limit: 500})
	require.NoError(t, err)
	require.Len(t, rows, steps, "each row of the audit log once")
}

func TestStore_ConnectionsCutAtAnyMoment_LoseNothing(t *testing.T) {
	t.Parallel()
	w, url := wired(t, databases.take(t))
	s := open(t, url)
	const writers, steps = 4, 12
	var writing sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			narrate(t, s, fmt.Sprintf("r%d", n), steps, func(i int) {
				if i%writers == n { // in the middle of what the others do
					w.cut()
				}
			})
		})
	}
	writing.Wait()
	for n := range writers {
		requireComplete(t, s, fmt.Sprintf("r%d", n), steps)
	}
}

func TestStore_NothingListens_IsUnavailableUntilSomethingDoes(t *testing.T) {
	t.Parallel()
	w, url := wired(t, databases.take(t))
	s := open(t, url)
	w.refuse(true)
	w.cut()
	require.ErrorIs(t, s.Ping(t.Context()), store.ErrUnavailable)
	_, err := s.Fleet(t.Context(), "chat")
	require.ErrorIs(t, err, store.ErrUnavailable)
	w.refuse(false)
	persistently(t, s.Ping)
}

func TestStore_ServerThatSaysNothing_IsUnavailableAndNotOnlyLate(t *testing.T) {
	t.Parallel()
	w, url := wired(t, databases.take(t))
	s := open(t, url+"&connect_timeout=1", store.WithAnswerWithin(200*time.Millisecond))
	persistently(t, s.Ping)
	w.freeze()
	_, err := s.Fleet(t.Context(), "chat")
	require.ErrorIs(t, err, store.ErrUnavailable, "the caller has no deadline and still gets an answer")
	w.carry()
	persistently(t, s.Ping)
}

func TestStore_StatementThatTakesTooLong_IsUnavailable(t *testing.T) {
	t.Parallel()
	url := databases.take(t)
	s := open(t, url)
	require.NoError(t, s.SaveRun(t.Context(), serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon}))
	other, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close(context.Background())) }()
	tx, err := other.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT id FROM runs FOR UPDATE")
	require.NoError(t, err)
	impatient := open(t, url, store.WithAnswerWithin(200*time.Millisecond))
	later := serving.RunRecord{ID: "r", Fleet: "chat", Phase: "later", StartedAt: noon, UpdatedAt: after(1)}
	require.ErrorIs(t, impatient.SaveRun(t.Context(), later), store.ErrUnavailable)
	require.NoError(t, tx.Rollback(t.Context()))
	persistently(t, func(ctx context.Context) error { return impatient.SaveRun(ctx, later) })
}

// A trigger answers as a server does that has no room, shuts down, or is a standby:
// to fill a disk, a test would need one of its own.
func TestStore_ServerInTrouble_IsUnavailableAndNothingElseIs(t *testing.T) {
	t.Parallel()
	server, err := postgres()
	pgtest.Skip(t, err)
	url := server.Database(t, template)
	s := open(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	_, err = conn.Exec(t.Context(), `CREATE TABLE answers_with (state text);
		CREATE FUNCTION answer() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION USING ERRCODE = (SELECT state FROM answers_with); END $$;
		CREATE TRIGGER answer BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION answer()`)
	require.NoError(t, err)
	for state, away := range map[string]bool{
		"53100": true, "53200": true, "53300": true, "57P01": true, "57P03": true, "57014": true, "58030": true,
		"08006": true, "40P01": true, "40001": true, "25006": true, "55P03": true,
		"23514": false, "22001": false, "42501": false, "XX001": false,
	} {
		_, err = conn.Exec(t.Context(), "DELETE FROM answers_with")
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "INSERT INTO answers_with VALUES ($1)", state)
		require.NoError(t, err)
		err = s.SaveRun(t.Context(), serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon})
		require.Error(t, err, state)
		require.Equal(t, away, errors.Is(err, store.ErrUnavailable), "%s: %v", state, err)
		require.NotErrorIs(t, err, serving.ErrPermanent, state)
	}
}

func TestStore_FileThatIsFull_IsUnavailableAndGoesOnWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	url := sqliteURL(t)
	full, err := store.OpenLimited(t.Context(), url, 20)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, full.Close()) })
	var refused error
	written := 0
	for refused == nil && written < 1000 {
		run := filled[serving.RunRecord](written)
		run.ID = fmt.Sprintf("r%d", written)
		if refused = full.SaveRun(t.Context(), run); refused == nil {
			written++
		}
	}
	require.ErrorIs(t, refused, store.ErrUnavailable)
	require.NotErrorIs(t, refused, serving.ErrPermanent)
	_, err = full.Run(t.Context(), "r0")
	require.NoError(t, err, "what is there can be read")
	roomy := open(t, url)
	run := filled[serving.RunRecord](1)
	run.ID = "after"
	require.NoError(t, roomy.SaveRun(t.Context(), run))
	runs, _, err := roomy.Runs(t.Context(), store.RunFilter{}, store.Page{Limit: 500})
	require.NoError(t, err)
	require.Len(t, runs, min(written+1, 500))
}

func TestStore_ServerKilledAndRestarted_LosesNothingThatWasWritten(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a server of its own: not in -short")
	}
	server := pgtest.StartOwn(t)
	url, err := server.Create("killed", "")
	require.NoError(t, err)
	s := open(t, url)
	const writers, steps = 3, 20
	var writing sync.WaitGroup
	var done atomic.Int64
	half := make(chan struct{})
	for n := range writers {
		writing.Go(func() {
			narrate(t, s, fmt.Sprintf("r%d", n), steps, func(int) {
				if done.Add(1) == writers*steps/2 {
					close(half)
				}
			})
		})
	}
	<-half
	server.Kill()
	require.ErrorIs(t, s.Ping(t.Context()), store.ErrUnavailable)
	require.NoError(t, server.Restart())
	writing.Wait()
	for n := range writers {
		requireComplete(t, s, fmt.Sprintf("r%d", n), steps)
	}
}

func TestOpen_WithoutWaiting_ServesOnceTheDatabaseIsThere(t *testing.T) {
	t.Parallel()
	server, err := postgres()
	pgtest.Skip(t, err)
	w, url := wired(t, server.Database(t, "")) // without tables
	w.refuse(true)
	_, err = store.Open(t.Context(), url)
	require.ErrorIs(t, err, store.ErrUnavailable)
	s := open(t, url, store.WithoutWaiting())
	_, err = s.CreateFleet(t.Context(), chat())
	require.ErrorIs(t, err, store.ErrUnavailable)
	w.refuse(false)
	var serving sync.WaitGroup
	for range 8 {
		serving.Go(func() { persistently(t, s.Ping) })
	}
	serving.Wait()
	_, err = s.CreateFleet(t.Context(), chat())
	require.NoError(t, err, "the tables were made")
}

func TestOpen_WithoutWaiting_RefusesWhatNeverGetsWell(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), "postgres://h:nonsense/d", store.WithoutWaiting())
	require.ErrorIs(t, err, store.ErrInvalid)
}
