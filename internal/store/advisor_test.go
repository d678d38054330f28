package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func exchange(id, key string, status serving.ExchangeStatus, at time.Time) serving.AdvisorExchange {
	return serving.AdvisorExchange{ID: id, Key: key, Fleet: "chat", Subject: "run", Status: status, At: at, Answer: "answer " + id,
		PromptTokens: 100, CompletionTokens: 10}
}

func TestExchanges_TheNewestAnswerToAQuestion_IsFoundAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, found, err := s.AnsweredExchange(ctx, "q")
		require.NoError(t, err)
		require.False(t, found)
		for _, e := range []serving.AdvisorExchange{exchange("1", "q", serving.ExchangeAnswered, after(1)), exchange("2", "q", serving.ExchangeAnswered, after(2)),
			exchange("3", "q", serving.ExchangeMalformed, after(3)), exchange("4", "other", serving.ExchangeAnswered, after(4))} {
			require.NoError(t, s.SaveExchange(ctx, e))
		}
		got, found, err := s.AnsweredExchange(ctx, "q")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, exchange("2", "q", serving.ExchangeAnswered, after(2)), got)
	})
}

func TestExchanges_UsageIsThatOfASubject_RepeatsCountOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		for range 2 {
			require.NoError(t, s.SaveExchange(ctx, exchange("1", "q", serving.ExchangeFailed, after(1))))
		}
		require.NoError(t, s.SaveExchange(ctx, exchange("2", "q", serving.ExchangeAnswered, after(5))))
		used, err := s.AdvisorUsage(ctx, "run")
		require.NoError(t, err)
		require.Equal(t, serving.AdvisorUsage{Attempts: 2, PromptTokens: 200, CompletionTokens: 20}, used)
		none, err := s.AdvisorUsage(ctx, "another")
		require.NoError(t, err)
		require.Zero(t, none)
		since, err := s.ExchangesSince(ctx, after(5))
		require.NoError(t, err)
		require.Equal(t, map[serving.ExchangeStatus]serving.AdvisorUsage{serving.ExchangeAnswered: {Attempts: 1, PromptTokens: 100, CompletionTokens: 10}}, since)
	})
}

func TestExchanges_AreRemovedWithTheRecords_InsightsStay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		now := after(0).Add(48 * time.Hour)
		s, ctx := open(t, url, store.WithClock(func() time.Time { return now })), context.Background()
		require.NoError(t, s.SaveExchange(ctx, exchange("old", "q", serving.ExchangeAnswered, after(0))))
		require.NoError(t, s.SaveExchange(ctx, exchange("new", "q", serving.ExchangeAnswered, now)))
		require.NoError(t, s.SaveInsight(ctx, serving.Insight{ID: "i", Fleet: "chat", CreatedAt: after(0)}))
		pruned, err := s.Prune(ctx, store.Keep{Records: 24 * time.Hour, Raw: time.Hour, Minutes: time.Hour, Hours: time.Hour})
		require.NoError(t, err)
		require.EqualValues(t, 1, pruned.Exchanges)
		_, err = s.Insight(ctx, "i")
		require.NoError(t, err)
	})
}

func TestInsights_ComeBackWhole_NewestFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		whole := filled[serving.Insight](3)
		require.NoError(t, s.SaveInsight(ctx, whole))
		same(t, whole)(s.Insight(ctx, whole.ID))
		for i, id := range []string{"a", "b"} {
			require.NoError(t, s.SaveInsight(ctx, serving.Insight{ID: id, Fleet: "chat", CreatedAt: after(float64(i))}))
		}
		list, next, err := s.Insights(ctx, "chat", store.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Equal(t, []string{"b", "a"}, idsOf(list, func(i serving.Insight) string { return i.ID }))
		_, err = s.Insight(ctx, "x")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, s.SaveInsight(ctx, serving.Insight{ID: "x"}), store.ErrInvalid)
		require.ErrorIs(t, s.SaveExchange(ctx, serving.AdvisorExchange{ID: "x"}), store.ErrInvalid)
	})
}
