package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/series"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
	"github.com/optiinfra/performance-agent/internal/store"
)

// openRun is a run at noon that has not ended, with all that it goes by: its fleet and
// schedule, what it tried, what it was told, and the rollout it is in.
func openRun(t *testing.T, s *store.Store) {
	t.Helper()
	_, err := s.CreateFleet(t.Context(), chat())
	require.NoError(t, err)
	_, err = s.CreateSchedule(t.Context(), nightly("a", "nightly"))
	require.NoError(t, err)
	for _, err := range []error{
		s.SaveRun(t.Context(), serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon}),
		s.SaveTrial(t.Context(), serving.TrialRecord{RunID: "r", Fleet: "chat", UpdatedAt: noon, Trial: serving.Trial{Number: 1, Status: serving.TrialMeasured}}),
		s.SaveRollout(t.Context(), serving.RolloutRecord{ID: "o", RunID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon}),
		s.SaveStage(t.Context(), serving.StageRecord{RolloutID: "o", Fleet: "chat", StartedAt: noon, EndedAt: noon}),
		s.SaveGoldenSet(t.Context(), filled[serving.GoldenSet](1)),
	} {
		require.NoError(t, err)
	}
}

// keptForGood fills, at noon, the other tables that nothing is removed from.
func keptForGood(t *testing.T, s *store.Store) {
	t.Helper()
	for _, err := range []error{
		s.SaveViolation(t.Context(), sighting(0, 0, 2)),
		s.SaveAnalysis(t.Context(), serving.AnalysisRecord{ID: "a", Fleet: "chat", CreatedAt: noon}),
		s.SaveRecommendations(t.Context(), []serving.RecommendationRecord{{ID: "a", Fleet: "chat", Status: "open", CreatedAt: noon}}),
		s.SaveLoadTest(t.Context(), serving.LoadTestRecord{ID: "a", Fleet: "chat", Phase: "running", StartedAt: noon}),
		s.SaveComparison(t.Context(), filled[serving.ComparisonRecord](1)),
		s.SaveValidation(t.Context(), filled[serving.ValidationRecord](1)),
		s.SaveInsight(t.Context(), serving.Insight{ID: "a", Fleet: "chat", CreatedAt: noon}),
		s.AppendAudit(t.Context(), serving.AuditRecord{Actor: "ann", Action: "run.start", Target: "chat", At: noon}),
		s.CreateAPIKey(t.Context(), adminKey("a", "ann"), "hash"),
	} {
		require.NoError(t, err)
	}
}

// passing fills the tables that old rows are removed from, with a row of a time that
// is so many seconds after noon.
func passing(t *testing.T, s *store.Store, key string, seconds float64) {
	t.Helper()
	_, err := s.BeginIdempotent(t.Context(), "ann", key, "hash", time.Minute)
	require.NoError(t, err)
	for _, err := range []error{
		s.AppendEvent(t.Context(), event("r", key, seconds)),
		s.SaveAnswers(t.Context(), serving.AnswerRecord{Key: key, Fleet: "chat", At: after(seconds)}),
		s.SaveExchange(t.Context(), exchange(key, key, serving.ExchangeAnswered, after(seconds))),
		s.SaveNotice(t.Context(), key, "ann", after(seconds)),
		s.SaveOccurrence(t.Context(), serving.Occurrence{Key: key, ScheduleID: "a", Fleet: "chat", DueAt: after(seconds), At: after(seconds)}),
		s.AddSLOCounts(t.Context(), "chat", after(seconds), after(seconds+60), []slo.Count{events(seconds, 1, 0)}),
	} {
		require.NoError(t, err)
	}
	save(t, s, seen(seconds/60+.5, 1))
}

// rows are how many each table has.
func rows(t *testing.T, s *store.Store) map[string]int64 {
	t.Helper()
	held, err := s.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, held.Problems)
	out := map[string]int64{}
	for _, table := range held.Tables {
		out[table.Table] = table.Rows
	}
	return out
}

// Each table has a row that is long past and, where rows pass, one of now. A table that
// is new must be filled here, and so it is decided what becomes of its rows.
func TestPrune_AfterALongTime_LeavesWhatIsNewAllThatIsForGoodAndTheRollups(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s := open(t, url, store.WithClock(clock.Now))
		openRun(t, s)
		keptForGood(t, s)
		passing(t, s, "old", 0)
		passing(t, s, "older than new", 120)
		const long = 60 * 24 * time.Hour
		clock.advance(long)
		passing(t, s, "new", long.Seconds())
		clock.advance(2 * time.Minute)
		_, err := s.RollUp(t.Context())
		require.NoError(t, err)
		before := rows(t, s)
		for table, n := range before {
			if table != "horizons" {
				require.Positive(t, n, "nothing of %s is here: is it kept for good, or does it pass?", table)
			}
		}

		_, err = s.Prune(t.Context(), keeping(720*time.Hour))
		require.NoError(t, err)
		gone, left := map[string]int64{}, rows(t, s)
		for table, n := range before {
			if left[table] < n {
				gone[table] = n - left[table]
			}
		}
		require.Equal(t, map[string]int64{
			"events": 2, "answers": 2, "advisor_exchanges": 2, "notices": 2, "occurrences": 2, "idempotency_keys": 2,
			"snapshots": 2, "rollups": 2, "slo_counts": 2, // of both, those of minutes
		}, gone)
		requireOpenRun(t, s)
		require.Equal(t, []string{"3new"}, story(t, s, "r", 0, 0))
		require.Equal(t, []string{"0:2"}, counted(t, s, series.Hour), "the hour still counts what is gone")
		again, err := s.Prune(t.Context(), keeping(720*time.Hour))
		require.NoError(t, err)
		require.Zero(t, again)
	})
}

// requireOpenRun asserts that the run can go on.
func requireOpenRun(t *testing.T, s *store.Store) {
	t.Helper()
	run, err := s.Run(t.Context(), "r")
	require.NoError(t, err)
	require.Nil(t, run.ClosedAt)
	_, err = s.Fleet(t.Context(), run.Fleet)
	require.NoError(t, err)
	trials, err := s.Trials(t.Context(), "r")
	require.NoError(t, err)
	require.Len(t, trials, 1)
	stages, err := s.Stages(t.Context(), "o")
	require.NoError(t, err)
	require.Len(t, stages, 1)
	set := filled[serving.GoldenSet](1)
	same(t, set)(s.GoldenSet(t.Context(), set.ID))
}
