package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func TestStore_EveryRecord_ComesBackWholeOnBothDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()

		fleet := filled[serving.Fleet](1)
		created, err := s.CreateFleet(ctx, fleet)
		require.NoError(t, err)
		fleet.Generation = 1
		require.Equal(t, fleet, created)
		same(t, fleet)(s.Fleet(ctx, fleet.Name))

		run := filled[serving.RunRecord](2)
		run.Times = map[string]any{"generation_seconds": 12.5}
		require.NoError(t, s.SaveRun(ctx, run))
		same(t, run)(s.Run(ctx, run.ID))

		trial := filled[serving.TrialRecord](3)
		require.NoError(t, s.SaveTrial(ctx, trial))
		same(t, []serving.TrialRecord{trial})(s.Trials(ctx, trial.RunID))

		rollout := filled[serving.RolloutRecord](4)
		require.NoError(t, s.SaveRollout(ctx, rollout))
		same(t, rollout)(s.Rollout(ctx, rollout.ID))

		stage := filled[serving.StageRecord](5)
		require.NoError(t, s.SaveStage(ctx, stage))
		same(t, []serving.StageRecord{stage})(s.Stages(ctx, stage.RolloutID))

		violation := filled[serving.ViolationRecord](6)
		require.NoError(t, s.SaveViolation(ctx, violation))
		same(t, violation)(s.Violation(ctx, violation.ID))

		test := filled[serving.LoadTestRecord](7)
		require.NoError(t, s.SaveLoadTest(ctx, test))
		same(t, test)(s.LoadTest(ctx, test.ID))
	})
}

func TestStore_EveryFinding_ComesBackWholeOnBothDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()

		snapshot := filled[serving.SnapshotRecord](1)
		snapshot.ID = 0
		added, err := s.AddSnapshot(ctx, snapshot)
		require.NoError(t, err)
		snapshot.ID = added.ID
		require.Positive(t, added.ID)
		same(t, snapshot)(s.LatestSnapshot(ctx, snapshot.Fleet, snapshot.Variant))

		analysis := filled[serving.AnalysisRecord](2)
		require.NoError(t, s.SaveAnalysis(ctx, analysis))
		same(t, analysis)(s.Analysis(ctx, analysis.ID))

		comparison := filled[serving.ComparisonRecord](9)
		require.NoError(t, s.SaveComparison(ctx, comparison))
		same(t, comparison)(s.Comparison(ctx, comparison.ID))

		recommendation := filled[serving.RecommendationRecord](3)
		require.NoError(t, s.SaveRecommendations(ctx, []serving.RecommendationRecord{recommendation}))
		same(t, recommendation)(s.Recommendation(ctx, recommendation.ID))

		event := filled[serving.EventRecord](4)
		require.NoError(t, s.AppendEvent(ctx, event))
		event.Seq = 1
		event.Data = map[string]any{anyKey(event.Data): event.Data[anyKey(event.Data)]}
		same(t, []serving.EventRecord{event})(s.Events(ctx, event.RunID, 0, 0))

		audit := filled[serving.AuditRecord](5)
		require.NoError(t, s.AppendAudit(ctx, audit))
		rows, next, err := s.Audit(ctx, store.AuditFilter{}, store.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Len(t, rows, 1)
		audit.ID = rows[0].ID
		require.Equal(t, audit, rows[0])

		answer := store.Answer{Status: 201, Header: map[string][]string{"Location": {"/api/v1/fleets/chat"}}, Body: []byte("\x00{}\xff")}
		_, err = s.BeginIdempotent(ctx, "ann", "k", "h", time.Minute)
		require.NoError(t, err)
		require.NoError(t, s.FinishIdempotent(ctx, "ann", "k", answer))
		same(t, store.Claim{State: store.ClaimDone, Answer: answer})(s.BeginIdempotent(ctx, "ann", "k", "h", time.Minute))
	})
}

// same returns a check that takes the results of a read as they come.
func same[T any](t *testing.T, want T) func(T, error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func anyKey(m map[string]any) string {
	for k := range m {
		return k
	}
	return ""
}

func TestStore_UnknownRecords_AreNotFoundAndPermanent(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, fleet := s.Fleet(ctx, "x")
		_, run := s.Run(ctx, "x")
		_, rollout := s.Rollout(ctx, "x")
		_, violation := s.Violation(ctx, "x")
		_, snapshot := s.LatestSnapshot(ctx, "x", serving.Stable)
		_, analysis := s.Analysis(ctx, "x")
		_, comparison := s.Comparison(ctx, "x")
		_, recommendation := s.Recommendation(ctx, "x")
		_, test := s.LoadTest(ctx, "x")
		_, acknowledged := s.AcknowledgeViolation(ctx, "x", "ann", "", noon)
		_, decided := s.DecideRecommendation(ctx, "x", store.StatusAccepted, "ann", noon)
		for i, err := range []error{fleet, run, rollout, violation, snapshot, analysis, comparison, recommendation, test, acknowledged, decided,
			s.ResolveViolation(ctx, "x", noon), s.DeleteFleet(ctx, "x", 0), s.SetFleetConfig(ctx, "x", serving.EngineConfig{})} {
			require.ErrorIs(t, err, store.ErrNotFound, "read %d", i)
			require.ErrorIs(t, err, serving.ErrPermanent, "read %d", i)
			require.NotErrorIs(t, err, store.ErrUnavailable, "read %d", i)
			require.ErrorContains(t, err, `x`)
			require.NotContains(t, err.Error(), "permanent", "the marker is for code, not for people")
		}
	})
}

func TestStore_ParentsWithoutChildren_HaveEmptyLists(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		same(t, []serving.TrialRecord{})(s.Trials(ctx, "x"))
		same(t, []serving.StageRecord{})(s.Stages(ctx, "x"))
		same(t, []serving.EventRecord{})(s.Events(ctx, "x", 0, 10))
	})
}

func TestStore_RecordsWithoutKey_AreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, fleet := s.CreateFleet(ctx, serving.Fleet{})
		_, snapshot := s.AddSnapshot(ctx, serving.SnapshotRecord{Fleet: "chat"})
		_, claim := s.BeginIdempotent(ctx, "ann", "", "h", time.Minute)
		for i, err := range []error{fleet, snapshot, claim,
			s.SaveRun(ctx, serving.RunRecord{Fleet: "chat"}),
			s.SaveRun(ctx, serving.RunRecord{ID: "r"}),
			s.SaveTrial(ctx, serving.TrialRecord{}),
			s.SaveRollout(ctx, serving.RolloutRecord{}),
			s.SaveStage(ctx, serving.StageRecord{}),
			s.SaveViolation(ctx, serving.ViolationRecord{Fleet: "chat"}),
			s.SaveAnalysis(ctx, serving.AnalysisRecord{}),
			s.SaveComparison(ctx, serving.ComparisonRecord{}),
			s.SaveRecommendations(ctx, []serving.RecommendationRecord{{ID: "a"}}),
			s.SaveLoadTest(ctx, serving.LoadTestRecord{}),
			s.AppendEvent(ctx, serving.EventRecord{RunID: "r"})} {
			require.ErrorIs(t, err, store.ErrInvalid, "write %d", i)
			require.ErrorIs(t, err, serving.ErrPermanent, "write %d", i)
		}
	})
}

func TestStore_NumbersThatJSONCannotSay_AreRefusedForGood(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		zero := 0.0
		err := s.SaveTrial(ctx, serving.TrialRecord{RunID: "r", Trial: serving.Trial{ReadySeconds: 1 / zero}})
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorIs(t, err, serving.ErrPermanent)
	})
}

func TestStore_NULInText_IsReplacedAndNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		run := serving.RunRecord{ID: "r", Fleet: "chat", StartedAt: noon, UpdatedAt: noon,
			Reason: "engine said \x00\x00 and \\u0000 and \"quoted\" \\\x00 \n ü"}
		require.NoError(t, s.SaveRun(ctx, run))
		got, err := s.Run(ctx, "r")
		require.NoError(t, err)
		require.Equal(t, "engine said \ufffd\ufffd and \\u0000 and \"quoted\" \\\ufffd \n ü", got.Reason)
	})
}
