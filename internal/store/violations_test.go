package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// sighting is a violation of one fingerprint, seen from opened to seen, in
// seconds after noon.
func sighting(opened, seen, observed float64) serving.ViolationRecord {
	return serving.ViolationRecord{ID: "fp", Fleet: "chat", OpenedAt: after(opened), LastSeenAt: after(seen),
		Count: 1, Episodes: 1, Violation: serving.Violation{SLO: "ttft-p95", Observed: observed}}
}

// again is a sighting after so many looks in the given episode.
func again(v serving.ViolationRecord, looks, episode int) serving.ViolationRecord {
	v.Count, v.Episodes = looks, episode
	return v
}

func TestSaveViolation_SeenAgain_KeepsItsBeginAndWhoAcknowledgedIt(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		acknowledged, err := s.AcknowledgeViolation(ctx, "fp", "ann", "on it", after(5))
		require.NoError(t, err)
		require.Equal(t, "ann", acknowledged.AcknowledgedBy)
		require.NoError(t, s.SaveViolation(ctx, sighting(10, 10, 3)))
		require.NoError(t, s.SaveViolation(ctx, sighting(7, 7, 9)), "an older sighting, delivered late")

		require.NoError(t, s.SaveViolation(ctx, sighting(10, 10, 3)), "a repeat of the same sighting")

		want := again(sighting(0, 10, 3), 2, 1)
		want.AcknowledgedAt, want.AcknowledgedBy, want.AcknowledgeNote = ptr(after(5)), "ann", "on it"
		same(t, want)(s.Violation(ctx, "fp"))
	})
}

func TestAcknowledgeViolation_Repeated_KeepsTheFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		_, err := s.AcknowledgeViolation(ctx, "fp", "ann", "on it", after(5))
		require.NoError(t, err)
		v, err := s.AcknowledgeViolation(ctx, "fp", "bob", "mine", after(6))
		require.NoError(t, err)
		require.Equal(t, "ann", v.AcknowledgedBy)
		require.Equal(t, after(5), *v.AcknowledgedAt)
	})
}

func TestSaveViolation_AfterResolution_OpensAnewUnacknowledged(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		_, err := s.AcknowledgeViolation(ctx, "fp", "ann", "on it", after(5))
		require.NoError(t, err)
		require.NoError(t, s.ResolveViolation(ctx, "fp", after(20)))
		require.NoError(t, s.ResolveViolation(ctx, "fp", after(25)), "a repeat keeps the first time")
		v, err := s.Violation(ctx, "fp")
		require.NoError(t, err)
		require.Equal(t, after(20), *v.ResolvedAt)

		require.NoError(t, s.SaveViolation(ctx, sighting(0, 15, 9)), "seen before it was resolved, delivered late")
		v, err = s.Violation(ctx, "fp")
		require.NoError(t, err)
		require.NotNil(t, v.ResolvedAt)

		require.NoError(t, s.SaveViolation(ctx, sighting(30, 31, 4)))
		same(t, again(sighting(30, 31, 4), 1, 2))(s.Violation(ctx, "fp"))

		require.NoError(t, s.ResolveViolation(ctx, "fp", after(20)), "a resolution of the earlier episode")
		same(t, again(sighting(30, 31, 4), 1, 2))(s.Violation(ctx, "fp"))
	})
}

func TestSaveViolation_ReopenedByAWatchThatKeptItsBegin_BeginsWhenItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		require.NoError(t, s.ResolveViolation(ctx, "fp", after(20)))
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 40, 4)))
		same(t, again(sighting(40, 40, 4), 1, 2))(s.Violation(ctx, "fp"))
	})
}

func TestSightViolation_MovesLastSeenAndCount_AndOpensWhatAPersonClosed(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SightViolation(ctx, "fp", 3, after(1)), "nobody recorded it yet")
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		require.NoError(t, s.SightViolation(ctx, "fp", 3, after(15)))
		require.NoError(t, s.SightViolation(ctx, "fp", 3, after(15)), "a repeat")
		same(t, again(sighting(0, 15, 2), 4, 1))(s.Violation(ctx, "fp"))

		closed, err := s.CloseViolation(ctx, "fp", "ann", "restarted it", after(20))
		require.NoError(t, err)
		require.Equal(t, []string{"ann", "restarted it"}, []string{closed.ResolvedBy, closed.ResolveNote})
		require.NoError(t, s.SightViolation(ctx, "fp", 1, after(19)), "from before it was closed")
		v, err := s.Violation(ctx, "fp")
		require.NoError(t, err)
		require.NotNil(t, v.ResolvedAt)
		require.NoError(t, s.SightViolation(ctx, "fp", 2, after(35)))
		same(t, again(sighting(35, 35, 2), 2, 2))(s.Violation(ctx, "fp"))
	})
}

func TestViolations_FiltersNarrow(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i, v := range []serving.ViolationRecord{{ID: "a", Fleet: "chat"}, {ID: "b", Fleet: "code"}, {ID: "c", Fleet: "chat"}} {
			v.OpenedAt = after(float64(i))
			if v.ID == "b" {
				v.Violation.Severity = serving.AlertTicket
			}
			require.NoError(t, s.SaveViolation(ctx, v))
		}
		require.NoError(t, s.ResolveViolation(ctx, "c", after(9)))
		_, err := s.AcknowledgeViolation(ctx, "a", "ann", "", after(8))
		require.NoError(t, err)
		for _, c := range []struct {
			filter store.ViolationFilter
			want   []string
		}{
			{store.ViolationFilter{}, []string{"c", "b", "a"}},
			{store.ViolationFilter{Open: ptr(true)}, []string{"b", "a"}},
			{store.ViolationFilter{Open: ptr(false)}, []string{"c"}},
			{store.ViolationFilter{Fleet: "chat", Open: ptr(true)}, []string{"a"}},
			{store.ViolationFilter{State: store.ViolationOpen}, []string{"b"}},
			{store.ViolationFilter{State: store.ViolationAcknowledged}, []string{"a"}},
			{store.ViolationFilter{State: store.ViolationResolved}, []string{"c"}},
			{store.ViolationFilter{Severity: serving.AlertTicket}, []string{"b"}},
			{store.ViolationFilter{Severity: serving.AlertPage, Fleet: "chat"}, []string{"c", "a"}},
			{store.ViolationFilter{Since: after(10)}, []string{"b", "a"}},
			{store.ViolationFilter{Since: after(9)}, []string{"c", "b", "a"}},
		} {
			list, _, err := s.Violations(ctx, c.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, c.want, idsOf(list, func(v serving.ViolationRecord) string { return v.ID }), "%+v", c.filter)
		}
	})
}
