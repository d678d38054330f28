package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store"
)

func state(t *testing.T) func(store.Claim, error) store.ClaimState {
	t.Helper()
	return func(c store.Claim, err error) store.ClaimState {
		t.Helper()
		require.NoError(t, err)
		return c.State
	}
}

func TestBeginIdempotent_FromClaimToReplay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		begin := func(principal, key, hash string) store.ClaimState {
			return state(t)(s.BeginIdempotent(ctx, principal, key, hash, time.Hour))
		}
		require.Equal(t, store.ClaimGranted, begin("ann", "k", "h"))
		require.Equal(t, store.ClaimRunning, begin("ann", "k", "h"))
		require.Equal(t, store.ClaimReused, begin("ann", "k", "other body"))
		require.Equal(t, store.ClaimGranted, begin("bob", "k", "h"), "keys belong to their principal")
		require.Equal(t, store.ClaimGranted, begin("ann", "k2", "h"))

		require.NoError(t, s.FinishIdempotent(ctx, "ann", "k", store.Answer{Status: 202}))
		require.Equal(t, store.ClaimDone, begin("ann", "k", "h"))
		require.Equal(t, store.ClaimReused, begin("ann", "k", "other body"))
		require.ErrorIs(t, s.FinishIdempotent(ctx, "ann", "k", store.Answer{Status: 500}), store.ErrConflict, "an answer is final")
		require.NoError(t, s.AbandonIdempotent(ctx, "ann", "k"))
		require.Equal(t, store.ClaimDone, begin("ann", "k", "h"), "what is done cannot be abandoned")
	})
}

func TestAbandonIdempotent_FreesTheKey(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.Equal(t, store.ClaimGranted, state(t)(s.BeginIdempotent(ctx, "ann", "k", "h", time.Hour)))
		require.NoError(t, s.AbandonIdempotent(ctx, "ann", "k"))
		require.Equal(t, store.ClaimGranted, state(t)(s.BeginIdempotent(ctx, "ann", "k", "another body", time.Hour)))
	})
}

func TestBeginIdempotent_LeaseOfACrashedProcess_IsTakenOverAndItsLateEndIgnored(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock, ctx := newClock(), context.Background()
		crashed, other := open(t, url, store.WithClock(clock.Now)), open(t, url, store.WithClock(clock.Now))
		begin := func(s *store.Store) store.ClaimState {
			return state(t)(s.BeginIdempotent(ctx, "ann", "k", "h", time.Minute))
		}
		require.Equal(t, store.ClaimGranted, begin(crashed))
		clock.advance(59 * time.Second)
		require.Equal(t, store.ClaimRunning, begin(other))
		clock.advance(time.Second)
		require.Equal(t, store.ClaimGranted, begin(other))
		require.Equal(t, store.ClaimRunning, begin(crashed), "the new lease counts")

		require.ErrorIs(t, crashed.FinishIdempotent(ctx, "ann", "k", store.Answer{Status: 500}), store.ErrConflict)
		require.NoError(t, crashed.AbandonIdempotent(ctx, "ann", "k"))
		require.Equal(t, store.ClaimRunning, begin(crashed), "it was not freed")
		require.NoError(t, other.FinishIdempotent(ctx, "ann", "k", store.Answer{Status: 201}))
		claim, err := crashed.BeginIdempotent(ctx, "ann", "k", "h", time.Minute)
		require.NoError(t, err)
		require.Equal(t, 201, claim.Answer.Status)
	})
}

func TestBeginIdempotent_ManyAtOnce_OneIsGranted(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		first, second := open(t, url), open(t, url)
		var granted, running atomic.Int32
		var asking sync.WaitGroup
		for i := range 20 {
			s := []*store.Store{first, second}[i%2]
			asking.Go(func() {
				claim, err := s.BeginIdempotent(context.Background(), "ann", "k", "h", time.Hour)
				switch {
				case err != nil:
					t.Errorf("begin: %v", err)
				case claim.State == store.ClaimGranted:
					granted.Add(1)
				case claim.State == store.ClaimRunning:
					running.Add(1)
				}
			})
		}
		asking.Wait()
		require.Equal(t, int32(1), granted.Load())
		require.Equal(t, int32(19), running.Load())
	})
}
