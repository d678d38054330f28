package oidcauth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/oidcauth"
)

func TestKeys_AreFetchedOnce_ForManyTokens(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	require.Zero(t, i.fetches(), "nobody is asked at the start")
	for range 20 {
		identify(t, v, i.token(nil))
	}
	require.Equal(t, 1, i.fetches())
}

func TestKeys_OneThatIsUnknown_IsAskedForAndThenKnown(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	identify(t, v, i.token(nil))
	second := newKey(t, "k2")
	rotated := signed(t, jose.ES256, second.private, "k2", i.claims(nil))
	_, err := v.Identify(context.Background(), rotated)
	require.ErrorIs(t, err, oidcauth.ErrToken, "k2 is not published")

	i.becomes(func(i *issuer) { i.keys = []jose.JSONWebKey{second.public()} })
	i.later(10 * time.Second)
	identify(t, v, rotated)
	_, err = v.Identify(context.Background(), i.token(nil))
	require.ErrorIs(t, err, oidcauth.ErrToken, "k1 is withdrawn")
}

func TestKeys_StrangersTokens_DoNotMakeUsAskForEach(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v, foreign := i.verifier(), newKey(t, "nobody's")
	for range 50 {
		_, err := v.Identify(context.Background(), signed(t, jose.ES256, foreign.private, "nobody's", i.claims(nil)))
		require.ErrorIs(t, err, oidcauth.ErrToken)
	}
	require.Equal(t, 1, i.fetches())
}

func TestKeys_IssuerAway_IsNoBadToken_AndIsAskedAgain(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	i.becomes(func(i *issuer) { i.down = true })
	for range 3 {
		_, err := v.Identify(context.Background(), i.token(nil))
		require.ErrorIs(t, err, oidcauth.ErrIssuer)
		require.NotErrorIs(t, err, oidcauth.ErrToken)
	}
	i.becomes(func(i *issuer) { i.down = false })
	i.later(10 * time.Second)
	identify(t, v, i.token(nil))
}

func TestKeys_IssuerAwayLater_TheKnownOnesGoOnForADay(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	identify(t, v, i.token(nil))
	i.becomes(func(i *issuer) { i.down = true })
	for range 23 {
		i.later(time.Hour)
		identify(t, v, i.token(nil))
	}
	i.later(time.Hour)
	_, err := v.Identify(context.Background(), i.token(nil))
	require.ErrorIs(t, err, oidcauth.ErrIssuer)
}

// A key that the issuer withdraws, say because it was stolen, is not taken for ever.
func TestKeys_AreRenewedBehindTheCallersBack(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	identify(t, v, i.token(nil))
	second := newKey(t, "k2")
	i.becomes(func(i *issuer) { i.keys = []jose.JSONWebKey{second.public()} })
	i.later(15 * time.Minute)
	require.Eventually(t, func() bool {
		_, err := v.Identify(context.Background(), i.token(nil))
		return errors.Is(err, oidcauth.ErrToken)
	}, time.Minute, 5*time.Millisecond)
}

func TestKeys_IssuerThatSaysNothing_HoldsNobodyLongerThanTheyWait(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	hang := make(chan struct{})
	i.becomes(func(i *issuer) { i.hangs = hang })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	v := i.verifier()
	_, err := v.Identify(ctx, i.token(nil))
	require.ErrorIs(t, err, oidcauth.ErrIssuer)
	require.NotErrorIs(t, err, context.Canceled)
	i.becomes(func(i *issuer) { i.hangs = nil })
	close(hang)
	identify(t, v, i.token(nil)) // the fetch went on without the caller
}

func TestKeys_WhatIsNotForSignatures_SignsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jose.JSONWebKey){
		"for encryption":    func(k *jose.JSONWebKey) { k.Use = "enc" },
		"another algorithm": func(k *jose.JSONWebKey) { k.Algorithm = "ES384" },
		"a shared secret":   func(k *jose.JSONWebKey) { k.Key, k.Algorithm = []byte("published to everybody, so none"), "" },
	} {
		i := newIssuer(t)
		change(&i.keys[0])
		_, err := i.verifier().Identify(context.Background(), i.token(nil))
		require.ErrorIs(t, err, oidcauth.ErrToken, name)
	}
}

func TestKeys_AnotherIssuersDiscovery_IsNotBelieved(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier(func(o *oidcauth.Options) { o.Issuer += "/" })
	_, err := v.Identify(context.Background(), i.token(nil))
	require.ErrorIs(t, err, oidcauth.ErrIssuer)
}
