package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestAbandonRollout_ClosesAnOpenRecordAndNoOther(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		began := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
		running := serving.RolloutRecord{ID: "open", Fleet: "chat", Phase: "shifting", StartedAt: began, UpdatedAt: began}
		done := running
		done.ID, done.Outcome, done.Reason = "done", serving.OutcomePromoted, "fine"
		require.NoError(t, s.SaveRollout(t.Context(), running))
		require.NoError(t, s.SaveRollout(t.Context(), done))
		for _, id := range []string{"open", "done", "unknown", "open"} {
			require.NoError(t, s.AbandonRollout(t.Context(), serving.Abandoned{RolloutID: id, How: "terminated by ana", AtUnix: float64(began.Unix() + 60)}))
		}
		got, err := s.Rollout(t.Context(), "open")
		require.NoError(t, err)
		require.Equal(t, serving.OutcomeFailed, got.Outcome)
		require.Contains(t, got.Reason, "terminated by ana")
		require.Equal(t, began.Add(time.Minute), got.ClosedAt.UTC())
		got, err = s.Rollout(t.Context(), "done")
		require.NoError(t, err)
		require.Equal(t, serving.OutcomePromoted, got.Outcome)
	})
}
