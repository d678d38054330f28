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
		Violation: serving.Violation{SLO: "ttft-p95", Observed: observed}}
}

func TestSaveViolation_SeenAgain_KeepsItsBeginAndWhoAcknowledgedIt(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		acknowledged, err := s.AcknowledgeViolation(ctx, "fp", "ann", after(5))
		require.NoError(t, err)
		require.Equal(t, "ann", acknowledged.AcknowledgedBy)
		require.NoError(t, s.SaveViolation(ctx, sighting(10, 10, 3)))
		require.NoError(t, s.SaveViolation(ctx, sighting(7, 7, 9)), "an older sighting, delivered late")

		want := sighting(0, 10, 3)
		want.AcknowledgedAt, want.AcknowledgedBy = ptr(after(5)), "ann"
		same(t, want)(s.Violation(ctx, "fp"))
	})
}

func TestAcknowledgeViolation_Repeated_KeepsTheFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		_, err := s.AcknowledgeViolation(ctx, "fp", "ann", after(5))
		require.NoError(t, err)
		v, err := s.AcknowledgeViolation(ctx, "fp", "bob", after(6))
		require.NoError(t, err)
		require.Equal(t, "ann", v.AcknowledgedBy)
		require.Equal(t, after(5), *v.AcknowledgedAt)
	})
}

func TestSaveViolation_AfterResolution_OpensAnewUnacknowledged(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		_, err := s.AcknowledgeViolation(ctx, "fp", "ann", after(5))
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
		same(t, sighting(30, 31, 4))(s.Violation(ctx, "fp"))

		require.NoError(t, s.ResolveViolation(ctx, "fp", after(20)), "a resolution of the earlier episode")
		same(t, sighting(30, 31, 4))(s.Violation(ctx, "fp"))
	})
}

func TestSaveViolation_ReopenedByAWatchThatKeptItsBegin_BeginsWhenItWasSeen(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 0, 2)))
		require.NoError(t, s.ResolveViolation(ctx, "fp", after(20)))
		require.NoError(t, s.SaveViolation(ctx, sighting(0, 40, 4)))
		same(t, sighting(40, 40, 4))(s.Violation(ctx, "fp"))
	})
}

func TestViolations_FiltersNarrow(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for i, v := range []serving.ViolationRecord{{ID: "a", Fleet: "chat"}, {ID: "b", Fleet: "code"}, {ID: "c", Fleet: "chat"}} {
			v.OpenedAt = after(float64(i))
			require.NoError(t, s.SaveViolation(ctx, v))
		}
		require.NoError(t, s.ResolveViolation(ctx, "c", after(9)))
		for _, c := range []struct {
			filter store.ViolationFilter
			want   []string
		}{
			{store.ViolationFilter{}, []string{"c", "b", "a"}},
			{store.ViolationFilter{Open: ptr(true)}, []string{"b", "a"}},
			{store.ViolationFilter{Open: ptr(false)}, []string{"c"}},
			{store.ViolationFilter{Fleet: "chat", Open: ptr(true)}, []string{"a"}},
		} {
			list, _, err := s.Violations(ctx, c.filter, store.Page{})
			require.NoError(t, err)
			require.Equal(t, c.want, idsOf(list, func(v serving.ViolationRecord) string { return v.ID }), "%+v", c.filter)
		}
	})
}
