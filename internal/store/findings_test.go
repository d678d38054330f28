package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func TestSaveSnapshot_IsFiledUnderTheEndOfItsWindowOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url, store.WithClock(newClock().Now)), context.Background()
		snapshot := serving.Snapshot{EndUnix: 1763640000.25, WindowSeconds: 60}
		require.NoError(t, s.SaveSnapshot(ctx, "chat", serving.Stable, snapshot))
		snapshot.WindowSeconds = 61
		require.NoError(t, s.SaveSnapshot(ctx, "chat", serving.Stable, snapshot), "a retried activity")
		list, _, err := s.Snapshots(ctx, store.SnapshotFilter{}, store.Page{})
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, int64(1763640000250000), list[0].TakenAt.UnixMicro())
		require.Equal(t, 61.0, list[0].Snapshot.WindowSeconds)

		require.NoError(t, s.SaveSnapshot(ctx, "chat", serving.Canary, serving.Snapshot{}))
		canary, err := s.LatestSnapshot(ctx, "chat", serving.Canary)
		require.NoError(t, err)
		require.Equal(t, noon, canary.TakenAt, "without a window it is of the present")
	})
}

func TestSnapshots_SpanOfTimeIsInclusive(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i := range 5 {
			_, err := s.AddSnapshot(ctx, serving.SnapshotRecord{Fleet: "chat", Variant: serving.Stable, TakenAt: after(float64(i)),
				Snapshot: serving.Snapshot{Model: fmt.Sprint(i)}})
			require.NoError(t, err)
		}
		model := func(r serving.SnapshotRecord) string { return r.Snapshot.Model }
		for _, c := range []struct {
			filter store.SnapshotFilter
			want   []string
		}{
			{store.SnapshotFilter{From: after(1), To: after(3)}, []string{"3", "2", "1"}},
			{store.SnapshotFilter{From: after(3.5)}, []string{"4"}},
			{store.SnapshotFilter{To: after(0.5)}, []string{"0"}},
			{store.SnapshotFilter{Variant: serving.Canary}, []string{}},
		} {
			list, _, err := s.Snapshots(ctx, c.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, c.want, idsOf(list, model), "%+v", c.filter)
		}
		latest, err := s.LatestSnapshot(ctx, "chat", serving.Stable)
		require.NoError(t, err)
		require.Equal(t, "4", latest.Snapshot.Model)
	})
}

func TestSnapshots_UnknownMeasures_StayUnknown(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveSnapshot(ctx, "chat", serving.Stable, serving.Snapshot{EndUnix: 1, Waiting: serving.Known(0)}))
		got, err := s.LatestSnapshot(ctx, "chat", serving.Stable)
		require.NoError(t, err)
		require.True(t, got.Snapshot.Waiting.IsKnown())
		require.False(t, got.Snapshot.Running.IsKnown())
	})
}

func TestDecideRecommendation_IsFinal(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		record := serving.RecommendationRecord{ID: "a", Fleet: "chat", CreatedAt: noon}
		require.NoError(t, s.SaveRecommendations(ctx, []serving.RecommendationRecord{record}))

		accepted, err := s.DecideRecommendation(ctx, "a", store.StatusAccepted, "ann", after(1))
		require.NoError(t, err)
		require.Equal(t, "ann", accepted.DecidedBy)
		require.Equal(t, after(1), *accepted.DecidedAt)

		same(t, accepted)(s.DecideRecommendation(ctx, "a", store.StatusAccepted, "bob", after(2)))
		_, err = s.DecideRecommendation(ctx, "a", store.StatusDismissed, "bob", after(2))
		require.ErrorIs(t, err, store.ErrConflict)
		require.ErrorContains(t, err, "already accepted by ann")
		_, err = s.DecideRecommendation(ctx, "a", "perhaps", "bob", after(2))
		require.ErrorIs(t, err, store.ErrInvalid)

		require.NoError(t, s.SaveRecommendations(ctx, []serving.RecommendationRecord{record}), "the analysis is saved again")
		same(t, accepted)(s.Recommendation(ctx, "a"))
	})
}

func TestSaveRecommendations_AllOrNone(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveRecommendations(ctx, nil))
		err := s.SaveRecommendations(ctx, []serving.RecommendationRecord{{ID: "a", Fleet: "chat"}, {ID: "", Fleet: "chat"}})
		require.ErrorIs(t, err, store.ErrInvalid)
		list, _, err := s.Recommendations(ctx, store.RecommendationFilter{}, store.Page{})
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

func TestSaveAnalysis_Again_Replaces(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		analysis := serving.AnalysisRecord{ID: "a", Fleet: "chat", CreatedAt: noon}
		require.NoError(t, s.SaveAnalysis(ctx, analysis))
		analysis.Bottlenecks = []serving.Bottleneck{{Kind: serving.BottleneckSlotBound}}
		require.NoError(t, s.SaveAnalysis(ctx, analysis))
		same(t, analysis)(s.Analysis(ctx, "a"))
		list, _, err := s.Analyses(ctx, store.AnalysisFilter{Fleet: "code"}, store.Page{})
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

func TestAppendAudit_SameKeyAgain_IsOneRow(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for range 2 {
			require.NoError(t, s.AppendAudit(ctx, serving.AuditRecord{Key: "k", At: noon, Actor: "ann", Action: "fleet.update"}))
			require.NoError(t, s.AppendAudit(ctx, serving.AuditRecord{At: noon, Actor: "bob", Action: "fleet.update"}))
		}
		rows, _, err := s.Audit(ctx, store.AuditFilter{Actor: "ann"}, store.Page{})
		require.NoError(t, err)
		require.Len(t, rows, 1)
		rows, _, err = s.Audit(ctx, store.AuditFilter{Actor: "bob"}, store.Page{})
		require.NoError(t, err)
		require.Len(t, rows, 2, "rows without a key are each their own")
	})
}

func TestAudit_ByAction_IsThatOfTheRowAndNotOfWhatItTells(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), t.Context()
		require.NoError(t, s.AppendAudit(ctx, serving.AuditRecord{At: noon, Actor: "ann", Action: "fleet.update", Target: "a"}))
		require.NoError(t, s.AppendAudit(ctx, serving.AuditRecord{At: noon, Actor: "ann", Action: "fleet.delete", Target: "b",
			Before: map[string]string{"action": "fleet.update"}}))
		rows, _, err := s.Audit(ctx, store.AuditFilter{Action: "fleet.update", Actor: "ann"}, store.Page{})
		require.NoError(t, err)
		require.Len(t, rows, 1)
		require.Equal(t, "a", rows[0].Target)
		rows, _, err = s.Audit(ctx, store.AuditFilter{Action: "fleet"}, store.Page{})
		require.NoError(t, err)
		require.Empty(t, rows)
	})
}
