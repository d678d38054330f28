package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func TestStore_Answers_ComeBackWholeAndARepeatReplacesThem(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		first, second := filled[serving.AnswerRecord](1), filled[serving.AnswerRecord](2)
		second.Key = first.Key
		require.NoError(t, s.SaveAnswers(ctx, first))
		same(t, first)(s.Answers(ctx, first.Key))
		require.NoError(t, s.SaveAnswers(ctx, second))
		same(t, second)(s.Answers(ctx, first.Key))
		_, err := s.Answers(ctx, "nobody/1")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, err, serving.ErrPermanent)
		require.ErrorIs(t, s.SaveAnswers(ctx, serving.AnswerRecord{}), store.ErrInvalid)
	})
}

func TestStore_GoldenSets_AreKeptOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		set := filled[serving.GoldenSet](1)
		require.NoError(t, s.SaveGoldenSet(ctx, set))
		require.NoError(t, s.SaveGoldenSet(ctx, set), "the same content again")
		same(t, set)(s.GoldenSet(ctx, set.ID))
		_, err := s.GoldenSet(ctx, "sha256:none")
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestStore_Validations_AreListedByFleetAndNeverReopened(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		v := filled[serving.ValidationRecord](1)
		require.NoError(t, s.SaveValidation(ctx, v))
		reopened := v
		reopened.ClosedAt, reopened.Phase = nil, "running"
		require.NoError(t, s.SaveValidation(ctx, reopened))
		other := filled[serving.ValidationRecord](2)
		require.NoError(t, s.SaveValidation(ctx, other))
		got, next, err := s.Validations(ctx, v.Fleet, store.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Equal(t, []serving.ValidationRecord{v}, got)
		require.NotEqual(t, v.Fleet, other.Fleet)
	})
}

func TestStore_Prune_RemovesOldAnswersOnly(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		ctx, now := context.Background(), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		s := open(t, url, store.WithClock(func() time.Time { return now }))
		for key, age := range map[string]time.Duration{"old/1": 48 * time.Hour, "new/1": time.Hour} {
			require.NoError(t, s.SaveAnswers(ctx, serving.AnswerRecord{Key: key, Fleet: "chat", At: now.Add(-age)}))
		}
		day := 24 * time.Hour
		pruned, err := s.Prune(ctx, store.Keep{Records: day, Raw: day, Minutes: day, Hours: day})
		require.NoError(t, err)
		require.EqualValues(t, 1, pruned.Answers)
		_, err = s.Answers(ctx, "old/1")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Answers(ctx, "new/1")
		require.NoError(t, err)
	})
}
