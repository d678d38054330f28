package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store"
)

func TestNotices_AreRememberedByTargetUntilTheyArePruned(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		c := newClock()
		s, ctx := open(t, url, store.WithClock(c.Now)), context.Background()
		same(t, false)(s.NoticeSent(ctx, "k", "ann"))
		require.NoError(t, s.SaveNotice(ctx, "k", "ann", noon))
		require.NoError(t, s.SaveNotice(ctx, "k", "ann", after(5)), "a repeat")
		same(t, true)(s.NoticeSent(ctx, "k", "ann"))
		same(t, false)(s.NoticeSent(ctx, "k", "bob"))
		require.ErrorIs(t, s.SaveNotice(ctx, "", "ann", noon), store.ErrInvalid)
		c.advance(2 * time.Hour)
		_, err := s.Prune(ctx, keeping(time.Hour))
		require.NoError(t, err)
		same(t, false)(s.NoticeSent(ctx, "k", "ann"))
	})
}
