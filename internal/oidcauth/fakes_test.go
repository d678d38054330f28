package oidcauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/oidcauth"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// issuer serves discovery and keys as an OpenID Connect provider does, and signs. Its
// clock is ours.
type issuer struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	now    time.Time
	down   bool
	hangs  chan struct{} // while it is not nil, answers wait for its end
	keys   []jose.JSONWebKey
	asked  int // for keys
	signer key
}

// key is a private key with its name.
type key struct {
	id      string
	private *ecdsa.PrivateKey
}

func newKey(t *testing.T, id string) key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key{id, private}
}

func (k key) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Algorithm: "ES256", Use: "sig"}
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), signer: newKey(t, "k1")}
	i.keys = []jose.JSONWebKey{i.signer.public()}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	down, hangs, held := i.down, i.hangs, i.keys
	if r.URL.Path == "/keys" {
		i.asked++
	}
	i.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: held})
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL, "token_endpoint": i.URL})
	}
}

// becomes changes the issuer under its lock.
func (i *issuer) becomes(change func(*issuer)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(i)
}

func (i *issuer) later(d time.Duration) { i.becomes(func(i *issuer) { i.now = i.now.Add(d) }) }

func (i *issuer) clock() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// claims of a good token, changed.
func (i *issuer) claims(change map[string]any) map[string]any {
	now := i.clock()
	out := map[string]any{"iss": i.URL, "aud": "performance-agent", "sub": "u-1", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
		"realm": map[string]any{"roles": []string{"dev", "sre"}}, "fleets": []string{"eu"}}
	maps.Copy(out, change)
	return out
}

// token is signed by the issuer's key.
func (i *issuer) token(change map[string]any) string {
	return signed(i.t, jose.ES256, i.signer.private, i.signer.id, i.claims(change))
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, by any, id string, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: by, KeyID: id}}, (&jose.SignerOptions{}).WithType("JWT"))
	require.NoError(t, err)
	body, err := json.Marshal(claims)
	require.NoError(t, err)
	out, err := s.Sign(body)
	require.NoError(t, err)
	token, err := out.CompactSerialize()
	require.NoError(t, err)
	return token
}

func (i *issuer) verifier(change ...func(*oidcauth.Options)) *oidcauth.Issuer {
	o := oidcauth.Options{Issuer: i.URL, Audience: "performance-agent", Algorithms: []string{"RS256", "ES256"}, Leeway: time.Minute,
		Actor: "sub", Role: "realm.roles", Fleets: "fleets", Client: i.Client(), Now: i.clock,
		RoleOf: map[string]serving.Role{"dev": serving.RoleViewer, "sre": serving.RoleOperator}}
	for _, c := range change {
		c(&o)
	}
	return oidcauth.New(o)
}
