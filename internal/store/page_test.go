package store_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// collect reads a list to its end in pages and returns the IDs by page.
func collect[T any](t *testing.T, limit int, id func(T) string, read func(store.Page) ([]T, string, error)) [][]string {
	t.Helper()
	var pages [][]string
	page := store.Page{Limit: limit}
	for {
		items, next, err := read(page)
		require.NoError(t, err)
		pages = append(pages, idsOf(items, id))
		if next == "" {
			return pages
		}
		require.NotEqual(t, page.Cursor, next)
		page.Cursor = next
	}
}

func TestRuns_PagesCoverTheListOnceThoughTimesAreEqualAndRowsArrive(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		var want []string
		for i := range 7 {
			id := fmt.Sprintf("r%d", i)
			require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: id, Fleet: "chat", StartedAt: after(float64(i / 3))}))
			want = append(want, id)
		}
		slices.Reverse(want)
		newer := 0
		pages := collect(t, 2, func(r serving.RunRecord) string { return r.ID }, func(p store.Page) ([]serving.RunRecord, string, error) {
			items, next, err := s.Runs(ctx, store.RunFilter{Fleet: "chat"}, p)
			newer++
			require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: fmt.Sprintf("new%d", newer), Fleet: "chat", StartedAt: after(100)}))
			return items, next, err
		})
		require.Equal(t, [][]string{want[0:2], want[2:4], want[4:6], want[6:7]}, pages)
	})
}

func TestAudit_PagesByNumberWhereTimesAreEqual(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i := range 12 { // past 9, where numbers and their text are ordered differently
			require.NoError(t, s.AppendAudit(ctx, serving.AuditRecord{At: noon, Actor: "ann", Action: "fleet.update", Target: fmt.Sprint(i)}))
		}
		pages := collect(t, 5, func(r serving.AuditRecord) string { return r.Target }, func(p store.Page) ([]serving.AuditRecord, string, error) {
			return s.Audit(ctx, store.AuditFilter{Actor: "ann"}, p)
		})
		require.Equal(t, [][]string{{"11", "10", "9", "8", "7"}, {"6", "5", "4", "3", "2"}, {"1", "0"}}, pages)
	})
}

func TestEveryList_GoesOnFromItsOwnCursor(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i := range 3 {
			id, at := fmt.Sprint(i), after(float64(i))
			_, err := s.CreateFleet(ctx, serving.Fleet{Name: id})
			require.NoError(t, err)
			require.NoError(t, s.SaveRollout(ctx, serving.RolloutRecord{ID: id, Fleet: "chat", StartedAt: at}))
			require.NoError(t, s.SaveViolation(ctx, serving.ViolationRecord{ID: id, Fleet: "chat", OpenedAt: at}))
			require.NoError(t, s.SaveSnapshot(ctx, "chat", serving.Stable, serving.Snapshot{EndUnix: float64(at.Unix()), Model: id}))
			require.NoError(t, s.SaveAnalysis(ctx, serving.AnalysisRecord{ID: id, Fleet: "chat", CreatedAt: at}))
			require.NoError(t, s.SaveRecommendations(ctx, []serving.RecommendationRecord{{ID: id, Fleet: "chat", CreatedAt: at}}))
			require.NoError(t, s.SaveLoadTest(ctx, serving.LoadTestRecord{ID: id, Fleet: "chat", StartedAt: at}))
		}
		want := [][]string{{"2"}, {"1"}, {"0"}}
		require.Equal(t, want, collect(t, 1, func(r serving.Fleet) string { return r.Name }, func(p store.Page) ([]serving.Fleet, string, error) { return s.Fleets(ctx, nil, p) }))
		require.Equal(t, want, collect(t, 1, func(r serving.RolloutRecord) string { return r.ID }, func(p store.Page) ([]serving.RolloutRecord, string, error) {
			return s.Rollouts(ctx, store.RunFilter{Fleet: "chat"}, p)
		}))
		require.Equal(t, want, collect(t, 1, func(r serving.ViolationRecord) string { return r.ID }, func(p store.Page) ([]serving.ViolationRecord, string, error) {
			return s.Violations(ctx, store.ViolationFilter{Fleet: "chat"}, p)
		}))
		require.Equal(t, want, collect(t, 1, func(r serving.SnapshotRecord) string { return r.Snapshot.Model }, func(p store.Page) ([]serving.SnapshotRecord, string, error) {
			return s.Snapshots(ctx, store.SnapshotFilter{Fleet: "chat", Variant: serving.Stable}, p)
		}))
		require.Equal(t, want, collect(t, 1, func(r serving.AnalysisRecord) string { return r.ID }, func(p store.Page) ([]serving.AnalysisRecord, string, error) {
			return s.Analyses(ctx, store.AnalysisFilter{Fleet: "chat"}, p)
		}))
		require.Equal(t, want, collect(t, 1, func(r serving.RecommendationRecord) string { return r.ID }, func(p store.Page) ([]serving.RecommendationRecord, string, error) {
			return s.Recommendations(ctx, store.RecommendationFilter{Fleet: "chat", Status: store.StatusOpen}, p)
		}))
		require.Equal(t, want, collect(t, 1, func(r serving.LoadTestRecord) string { return r.ID }, func(p store.Page) ([]serving.LoadTestRecord, string, error) {
			return s.LoadTests(ctx, store.LoadTestFilter{Fleet: "chat"}, p)
		}))
	})
}

func TestPage_LimitIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		var list []serving.RecommendationRecord
		for i := range 501 {
			list = append(list, serving.RecommendationRecord{ID: fmt.Sprintf("%03d", i), Fleet: "chat", CreatedAt: noon})
		}
		require.NoError(t, s.SaveRecommendations(ctx, list))
		for limit, want := range map[int]int{-1: 50, 0: 50, 1: 1, 500: 500, 100000: 500} {
			items, next, err := s.Recommendations(ctx, store.RecommendationFilter{}, store.Page{Limit: limit})
			require.NoError(t, err)
			require.Len(t, items, want, "limit %d", limit)
			require.NotEmpty(t, next)
		}
	})
}

func TestPage_CursorOfAnotherListOrFilter_IsBad(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i := range 3 {
			require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: fmt.Sprint(i), Fleet: "chat", StartedAt: noon}))
		}
		_, cursor, err := s.Runs(ctx, store.RunFilter{Fleet: "chat"}, store.Page{Limit: 1})
		require.NoError(t, err)

		_, _, err = s.Runs(ctx, store.RunFilter{Fleet: "chat"}, store.Page{Limit: 2, Cursor: cursor})
		require.NoError(t, err, "another limit is fine")
		_, _, otherFilter := s.Runs(ctx, store.RunFilter{}, store.Page{Cursor: cursor})
		_, _, otherOpen := s.Runs(ctx, store.RunFilter{Fleet: "chat", Open: ptr(true)}, store.Page{Cursor: cursor})
		_, _, otherList := s.Rollouts(ctx, store.RunFilter{Fleet: "chat"}, store.Page{Cursor: cursor})
		_, _, notText := s.Runs(ctx, store.RunFilter{Fleet: "chat"}, store.Page{Cursor: "%%%"})
		_, _, notJSON := s.Runs(ctx, store.RunFilter{Fleet: "chat"}, store.Page{Cursor: base64.RawURLEncoding.EncodeToString([]byte("hello"))})
		for i, err := range []error{otherFilter, otherOpen, otherList, notText, notJSON} {
			require.ErrorIs(t, err, store.ErrBadCursor, "case %d", i)
			require.ErrorIs(t, err, serving.ErrPermanent, "case %d", i)
		}
	})
}

func TestLists_WithinFleets_ShowNothingElse(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for _, fleet := range []string{"eu", "us"} {
			f := chat()
			f.Name = fleet
			_, err := s.CreateFleet(ctx, f)
			require.NoError(t, err)
			require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: fleet, Fleet: fleet, StartedAt: noon, UpdatedAt: noon}))
			require.NoError(t, s.SaveLoadTest(ctx, serving.LoadTestRecord{ID: fleet, Fleet: fleet, Phase: "running", StartedAt: noon}))
			require.NoError(t, s.SaveViolation(ctx, serving.ViolationRecord{ID: fleet, Fleet: fleet, OpenedAt: noon, LastSeenAt: noon}))
		}
		for within, want := range map[*[]string]int{ptr([]string(nil)): 2, ptr([]string{"eu"}): 1, ptr([]string{}): 0} {
			fleets, _, err := s.Fleets(ctx, *within, store.Page{})
			require.NoError(t, err)
			runs, _, err := s.Runs(ctx, store.RunFilter{Within: *within}, store.Page{})
			require.NoError(t, err)
			tests, _, err := s.LoadTests(ctx, store.LoadTestFilter{Within: *within}, store.Page{})
			require.NoError(t, err)
			broken, _, err := s.Violations(ctx, store.ViolationFilter{Within: *within}, store.Page{})
			require.NoError(t, err)
			require.Equal(t, []int{want, want, want, want}, []int{len(fleets), len(runs), len(tests), len(broken)})
			if want == 1 {
				require.Equal(t, []string{"eu", "eu", "eu", "eu"}, []string{fleets[0].Name, runs[0].Fleet, tests[0].Fleet, broken[0].Fleet})
			}
		}
	})
}
