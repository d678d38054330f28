package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// savable is a run or a rollout: both are saved under the same rules, so each
// rule is tried on both.
type savable struct {
	name  string
	save  func(phase string, outcome serving.Outcome, updated float64) error
	phase func() string
}

func savables(t *testing.T, s *store.Store, id string) []savable {
	ctx := context.Background()
	return []savable{
		{"run",
			func(phase string, outcome serving.Outcome, updated float64) error {
				return s.SaveRun(ctx, serving.RunRecord{ID: id, Fleet: "chat", Phase: phase, Outcome: outcome, StartedAt: noon, UpdatedAt: after(updated)})
			},
			func() string {
				r, err := s.Run(ctx, id)
				require.NoError(t, err)
				return r.Phase
			}},
		{"rollout",
			func(phase string, outcome serving.Outcome, updated float64) error {
				return s.SaveRollout(ctx, serving.RolloutRecord{ID: id, Fleet: "chat", Phase: phase, Outcome: outcome, StartedAt: noon, UpdatedAt: after(updated)})
			},
			func() string {
				r, err := s.Rollout(ctx, id)
				require.NoError(t, err)
				return r.Phase
			}},
	}
}

type write struct {
	phase   string
	outcome serving.Outcome
	updated float64
}

func TestSaveRun_LateAndRepeatedWrites_NeverTurnBackTime(t *testing.T) {
	cases := map[string]struct {
		writes []write
		phase  string
	}{
		"in order":                         {[]write{{"collect", "", 1}, {"trials", "", 2}}, "trials"},
		"older is dropped":                 {[]write{{"trials", "", 2}, {"collect", "", 1}}, "trials"},
		"repeat":                           {[]write{{"trials", "", 2}, {"trials", "", 2}}, "trials"},
		"same instant, later write wins":   {[]write{{"collect", "", 1}, {"diagnose", "", 1}}, "diagnose"},
		"microseconds count":               {[]write{{"b", "", 1.000002}, {"a", "", 1.000001}}, "b"},
		"whole second before its fraction": {[]write{{"b", "", 1.5}, {"a", "", 1}}, "b"},
		"closed is never reopened":         {[]write{{"closed", serving.OutcomePromoted, 3}, {"rollout", "", 4}}, "closed"},
		"closed may be corrected":          {[]write{{"closed", serving.OutcomePromoted, 3}, {"undone", serving.OutcomeRolledBack, 4}}, "undone"},
		"closing late is not closing":      {[]write{{"b", "", 5}, {"closed", serving.OutcomeFailed, 4}}, "b"},
	}
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		for name, c := range cases {
			for _, x := range savables(t, s, name) {
				for _, w := range c.writes {
					require.NoError(t, x.save(w.phase, w.outcome, w.updated), "%s, %s", x.name, name)
				}
				require.Equal(t, c.phase, x.phase(), "%s, %s", x.name, name)
			}
		}
	})
}

func TestRuns_FiltersNarrow(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i, r := range []serving.RunRecord{
			{ID: "a", Fleet: "chat", Outcome: serving.OutcomePromoted},
			{ID: "b", Fleet: "chat"},
			{ID: "c", Fleet: "code", Outcome: serving.OutcomeFailed},
			{ID: "d", Fleet: "code"},
		} {
			r.StartedAt, r.UpdatedAt = after(float64(i)), after(float64(i))
			require.NoError(t, s.SaveRun(ctx, r))
			require.NoError(t, s.SaveRollout(ctx, serving.RolloutRecord{ID: r.ID, Fleet: r.Fleet, Outcome: r.Outcome, StartedAt: r.StartedAt}))
		}
		for _, c := range []struct {
			filter store.RunFilter
			want   []string
		}{
			{store.RunFilter{}, []string{"d", "c", "b", "a"}},
			{store.RunFilter{Fleet: "chat"}, []string{"b", "a"}},
			{store.RunFilter{Open: ptr(true)}, []string{"d", "b"}},
			{store.RunFilter{Open: ptr(false)}, []string{"c", "a"}},
			{store.RunFilter{Outcome: serving.OutcomeFailed}, []string{"c"}},
			{store.RunFilter{Fleet: "code", Open: ptr(true)}, []string{"d"}},
			{store.RunFilter{Fleet: "none"}, []string{}},
		} {
			runs, _, err := s.Runs(ctx, c.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, c.want, idsOf(runs, func(r serving.RunRecord) string { return r.ID }), "%+v", c.filter)
			rollouts, _, err := s.Rollouts(ctx, c.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, c.want, idsOf(rollouts, func(r serving.RolloutRecord) string { return r.ID }), "%+v", c.filter)
		}
	})
}

func idsOf[T any](list []T, id func(T) string) []string {
	out := []string{}
	for _, x := range list {
		out = append(out, id(x))
	}
	return out
}

func TestTrials_AreByNumberAndReplacedByNewerOnesOnly(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		save := func(run string, number int, reason string, updated float64) {
			t.Helper()
			require.NoError(t, s.SaveTrial(ctx, serving.TrialRecord{RunID: run, Fleet: "chat", UpdatedAt: after(updated),
				Trial: serving.Trial{Number: number, Reason: reason}}))
		}
		save("r", 10, "ten", 1)
		save("r", 2, "two", 1)
		save("r", 2, "two again", 2)
		save("r", 2, "late", 1.5)
		save("other", 1, "one", 1)
		trials, err := s.Trials(ctx, "r")
		require.NoError(t, err)
		require.Equal(t, []string{"2 two again", "10 ten"}, idsOf(trials, func(r serving.TrialRecord) string {
			return fmt.Sprint(r.Trial.Number, " ", r.Trial.Reason)
		}))
	})
}

func TestRecentTrials_AreThoseOfTheFleetNewestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i, fleet := range []string{"chat", "code", "chat"} {
			require.NoError(t, s.SaveTrial(ctx, serving.TrialRecord{RunID: fmt.Sprint("r", i), Fleet: fleet, UpdatedAt: after(float64(i)),
				Trial: serving.Trial{Number: 1}}))
		}
		require.NoError(t, s.SaveTrial(ctx, serving.TrialRecord{RunID: "r2", Fleet: "chat", UpdatedAt: after(2), Trial: serving.Trial{Number: 2}}))
		trials, err := s.RecentTrials(ctx, "chat")
		require.NoError(t, err)
		require.Equal(t, []string{"r2/2", "r2/1", "r0/1"}, idsOf(trials, func(r serving.TrialRecord) string {
			return fmt.Sprintf("%s/%d", r.RunID, r.Trial.Number)
		}))
	})
}

func TestStages_AreInOrderAndReplacedByNewerOnesOnly(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		save := func(index, weight int, ended float64) {
			t.Helper()
			require.NoError(t, s.SaveStage(ctx, serving.StageRecord{RolloutID: "x", Fleet: "chat", Index: index, Weight: weight,
				StartedAt: noon, EndedAt: after(ended)}))
		}
		save(1, 25, 20)
		save(0, 5, 10)
		save(1, 26, 30)
		save(1, 24, 25)
		stages, err := s.Stages(ctx, "x")
		require.NoError(t, err)
		require.Equal(t, []string{"0 5", "1 26"}, idsOf(stages, func(r serving.StageRecord) string {
			return fmt.Sprint(r.Index, " ", r.Weight)
		}))
	})
}

func TestSaveLoadTest_ClosedIsNeverReopened(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		running := serving.LoadTestRecord{ID: "l", Fleet: "chat", Phase: "running", StartedAt: noon}
		completed := running
		completed.Phase, completed.ClosedAt = "completed", ptr(after(60))
		for _, record := range []serving.LoadTestRecord{running, completed, running} {
			require.NoError(t, s.SaveLoadTest(ctx, record))
		}
		same(t, completed)(s.LoadTest(ctx, "l"))

		open, _, err := s.LoadTests(ctx, store.LoadTestFilter{Open: ptr(true)}, store.Page{})
		require.NoError(t, err)
		require.Empty(t, open)
		closed, _, err := s.LoadTests(ctx, store.LoadTestFilter{Fleet: "chat", Phase: "completed", Open: ptr(false)}, store.Page{})
		require.NoError(t, err)
		require.Equal(t, []serving.LoadTestRecord{completed}, closed)
	})
}
