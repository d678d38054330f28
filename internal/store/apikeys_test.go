package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func adminKey(id, name string) serving.APIKey {
	return serving.APIKey{ID: id, Name: name, Prefix: "pak_abcd", Role: serving.RoleAdmin, CreatedAt: noon, CreatedBy: "ann"}
}

func TestAPIKey_IsFoundByItsHashOnly_AndComesBackWhole(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		key := filled[serving.APIKey](1)
		require.NoError(t, s.CreateAPIKey(ctx, key, "h1"))
		same(t, key)(s.APIKeyByHash(ctx, "h1"))
		_, err := s.APIKeyByHash(ctx, "h2")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NotContains(t, err.Error(), "h2", "a hash is nobody's business")
		require.ErrorIs(t, s.CreateAPIKey(ctx, adminKey("b", "bob"), ""), store.ErrInvalid)
	})
}

func TestAPIKey_NameIsOfOneKeyInForce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.CreateAPIKey(ctx, adminKey("a", "ci"), "h1"))
		require.ErrorIs(t, s.CreateAPIKey(ctx, adminKey("b", "ci"), "h2"), store.ErrExists)
		require.ErrorIs(t, s.CreateAPIKey(ctx, adminKey("b", "other"), "h1"), store.ErrExists, "one key is one record")
		_, err := s.RevokeAPIKey(ctx, "a", "ann", after(1))
		require.NoError(t, err)
		require.NoError(t, s.CreateAPIKey(ctx, adminKey("b", "ci"), "h2"), "the name is free again")
		list, next, err := s.APIKeys(ctx, store.Page{})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Len(t, list, 2, "revoked keys stay on record")
	})
}

func TestRevokeAPIKey_KeepsTheFirst(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.CreateAPIKey(ctx, adminKey("a", "ci"), "h1"))
		require.NoError(t, s.TouchAPIKey(ctx, "a", after(5)))
		first, err := s.RevokeAPIKey(ctx, "a", "ann", after(10))
		require.NoError(t, err)
		require.Equal(t, after(10), *first.RevokedAt)
		require.Equal(t, "ann", first.RevokedBy)
		same(t, first)(s.RevokeAPIKey(ctx, "a", "bob", after(20)))
		same(t, first)(s.APIKeyByHash(ctx, "h1"))
		require.Equal(t, after(5), *first.LastUsedAt)
		_, err = s.RevokeAPIKey(ctx, "none", "ann", noon)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestTouchAPIKey_NeverGoesBack(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		require.NoError(t, s.CreateAPIKey(ctx, adminKey("a", "ci"), "h1"))
		require.NoError(t, s.TouchAPIKey(ctx, "a", after(10)))
		require.NoError(t, s.TouchAPIKey(ctx, "a", after(5)))
		k, err := s.APIKeyByHash(ctx, "h1")
		require.NoError(t, err)
		require.Equal(t, after(10), *k.LastUsedAt)
	})
}

func TestHasAdminKey_CountsOnlyKeysInForce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		clock := newClock()
		s, ctx := open(t, url, store.WithClock(clock.Now)), context.Background()
		has := func() bool {
			t.Helper()
			found, err := s.HasAdminKey(ctx)
			require.NoError(t, err)
			return found
		}
		require.False(t, has())
		operator := adminKey("o", "op")
		operator.Role = serving.RoleOperator
		require.NoError(t, s.CreateAPIKey(ctx, operator, "h0"))
		require.False(t, has(), "an operator makes no keys")
		expiring := adminKey("e", "exp")
		expiring.ExpiresAt = ptr(after(60))
		require.NoError(t, s.CreateAPIKey(ctx, expiring, "h1"))
		require.True(t, has())
		clock.advance(60_000_000_000)
		require.False(t, has(), "expired")
		require.NoError(t, s.CreateAPIKey(ctx, adminKey("a", "ci"), "h2"))
		require.True(t, has())
		_, err := s.RevokeAPIKey(ctx, "a", "ann", noon)
		require.NoError(t, err)
		require.False(t, has(), "revoked")
	})
}
