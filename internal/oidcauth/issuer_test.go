package oidcauth_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/oidcauth"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func identify(t *testing.T, v *oidcauth.Issuer, token string) oidcauth.Identity {
	t.Helper()
	who, err := v.Identify(context.Background(), token)
	require.NoError(t, err)
	return who
}

func TestIdentify_AGoodToken_GivesActorRoleAndFleets(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	who := identify(t, i.verifier(), i.token(nil))
	require.True(t, who.Expires.Equal(i.now.Add(time.Hour+time.Minute)), "the leeway counts: %s", who.Expires)
	who.Expires = time.Time{}
	require.Equal(t, oidcauth.Identity{ID: "oidc:" + i.URL + " u-1", Name: "u-1@" + i.URL, Role: serving.RoleOperator, Fleets: []string{"eu"}}, who,
		"the greatest role counts")
	require.Equal(t, "ana@example.com@"+i.URL, identify(t, i.verifier(func(o *oidcauth.Options) { o.Actor = "email" }), i.token(map[string]any{"email": "ana@example.com"})).Name)
}

func TestIdentify_WhatClaimsDoNotSay_IsNotGiven(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	of := func(change map[string]any, options ...func(*oidcauth.Options)) oidcauth.Identity {
		return identify(t, i.verifier(options...), i.token(change))
	}
	require.Empty(t, of(map[string]any{"realm": map[string]any{"roles": []string{"guest"}}}).Role)
	require.Empty(t, of(map[string]any{"realm": "sre"}).Role)
	require.Empty(t, of(map[string]any{"realm": nil}).Role)
	require.Equal(t, serving.RoleViewer, of(map[string]any{"realm": map[string]any{"roles": "dev"}}).Role, "one word for a list")
	require.Equal(t, serving.RoleOperator, of(map[string]any{"realm.roles": []string{"sre"}}).Role, "a name with dots")
	none := of(map[string]any{"fleets": nil})
	require.NotNil(t, none.Fleets, "nil would be all")
	require.Empty(t, none.Fleets)
	require.Equal(t, []string{"us"}, of(map[string]any{"fleets": []string{"us"}}).Fleets)
	require.Nil(t, of(map[string]any{"fleets": []string{"eu", "*"}}).Fleets)
	require.Nil(t, of(nil, func(o *oidcauth.Options) { o.Fleets = "" }).Fleets)
}

// unsigned is a token without a signature, as alg none has it.
func unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	require.NoError(t, err)
	text := base64.RawURLEncoding.EncodeToString
	return text([]byte(`{"alg":"none","kid":"k1"}`)) + "." + text(body) + "."
}

func TestIdentify_ATokenThatIsNotGood_IsRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	der, err := x509.MarshalPKIXPublicKey(i.signer.private.Public())
	require.NoError(t, err)
	published := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	verifier, good, foreign := i.verifier(), i.token(nil), newKey(t, "k1")
	identify(t, verifier, good)
	for name, bad := range map[string]string{
		"another audience":     i.token(map[string]any{"aud": "another"}),
		"no audience":          i.token(map[string]any{"aud": nil}),
		"another issuer":       i.token(map[string]any{"iss": "https://evil.example"}),
		"expired":              i.token(map[string]any{"exp": i.now.Add(-time.Minute).Unix()}),
		"endless":              i.token(map[string]any{"exp": nil}),
		"not yet":              i.token(map[string]any{"nbf": i.now.Add(2 * time.Minute).Unix()}),
		"another's key":        signed(t, jose.ES256, foreign.private, "k1", i.claims(nil)),
		"alg none":             unsigned(t, i.claims(nil)),
		"HMAC by public key":   signed(t, jose.HS256, published, "k1", i.claims(nil)),
		"HMAC by DER":          signed(t, jose.HS256, der, "k1", i.claims(nil)),
		"cut off":              good[:len(good)-4],
		"claims of another":    good[:strings.Index(good, ".")] + "." + strings.Split(i.token(map[string]any{"sub": "root"}), ".")[1] + good[strings.LastIndex(good, "."):],
		"nobody":               i.token(map[string]any{"sub": ""}),
		"a name of two lines":  i.token(map[string]any{"sub": "a\nb"}),
		"a name without end":   i.token(map[string]any{"sub": strings.Repeat("a", 256)}),
		"several names":        i.token(map[string]any{"sub": []string{"a", "b"}}),
		"words":                "not a token",
		"nothing":              "",
		"more than one":        good + "." + good,
		"JSON instead of text": `{"payload":"e30","signatures":[]}`,
	} {
		_, err := verifier.Identify(context.Background(), bad)
		require.ErrorIs(t, err, oidcauth.ErrToken, name)
		require.NotContains(t, err.Error(), i.URL, "what the sender cannot know is not told")
	}
}

func TestIdentify_AlgorithmsThatAreNotAllowed_AreRefused(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	_, err := i.verifier(func(o *oidcauth.Options) { o.Algorithms = []string{"RS256"} }).Identify(context.Background(), i.token(nil))
	require.ErrorIs(t, err, oidcauth.ErrToken)
	everything := i.verifier(func(o *oidcauth.Options) { o.Algorithms = []string{"none", "HS256", "ES256"} })
	for _, bad := range []string{unsigned(t, i.claims(nil)), signed(t, jose.HS256, make([]byte, 32), "k1", i.claims(nil))} {
		_, err := everything.Identify(context.Background(), bad)
		require.ErrorIs(t, err, oidcauth.ErrToken, "whatever is allowed")
	}
}

func TestIdentify_ClocksApart_AreForgivenByTheLeewayAndNoMore(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	v := i.verifier()
	identify(t, v, i.token(map[string]any{"exp": i.now.Add(-59 * time.Second).Unix()}))
	identify(t, v, i.token(map[string]any{"nbf": i.now.Add(time.Minute).Unix()}))
	_, err := v.Identify(context.Background(), i.token(map[string]any{"exp": i.now.Add(-60 * time.Second).Unix()}))
	require.ErrorIs(t, err, oidcauth.ErrToken)
	_, err = v.Identify(context.Background(), i.token(map[string]any{"nbf": i.now.Add(61 * time.Second).Unix()}))
	require.ErrorIs(t, err, oidcauth.ErrToken)
}
