package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// issued is an API that takes tokens of a local issuer, and what signs them.
type issued struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	url  string
	base string
	db   *store.Store
	root string // an admin's key
}

func newIssued(t *testing.T, change func(*config.Server), more ...func(*api.Deps, *api.Config)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	provider := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k1", Algorithm: oidc.ES256}}}
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	provider.SetIssuer(server.URL)
	i := &issued{t: t, key: key, url: server.URL, root: strings.Repeat("r00t", 10)}
	settings := config.Server{Auth: "keys", BootstrapKey: i.root, OIDC: config.OIDC{OIDCIssuer: server.URL, OIDCAudience: "performance-agent",
		OIDCAlgorithms: []string{"ES256"}, OIDCActor: "sub", OIDCRole: "roles", OIDCFleets: "fleets",
		RoleOf: map[string]serving.Role{"look": serving.RoleViewer, "act": serving.RoleOperator, "own": serving.RoleAdmin}}}
	change(&settings)
	i.db, err = store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "agent.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, i.db.Close()) })
	cfg := apiDefaults()
	cfg.RatePerSecond = 0
	deps := compose(settings, cfg, i.db, nil, slog.New(slog.DiscardHandler))
	deps.Checks = nil // there is no Temporal to ask
	deps.Auth, err = authenticator(context.Background(), settings, i.db, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for _, m := range more {
		m(&deps, &cfg)
	}
	s, err := api.New(deps, cfg)
	require.NoError(t, err)
	var stop func() error
	i.base, stop = running(t, s)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return i
}

// token of a subject, with the given claims changed.
func (i *issued) token(change map[string]any) string {
	claims := map[string]any{"iss": i.url, "aud": "performance-agent", "sub": "ana", "exp": time.Now().Add(time.Hour).Unix(), "fleets": []string{"*"}}
	maps.Copy(claims, change)
	text, err := json.Marshal(claims)
	require.NoError(i.t, err)
	return oidctest.SignIDToken(i.key, "k1", oidc.ES256, string(text))
}

func (i *issued) send(token, method, path, body string) (*http.Response, string) {
	i.t.Helper()
	return send(i.t, method, i.base+path, body, "Authorization", "Bearer "+token)
}

func TestTokens_TheActorIsSubjectAndIssuer_InTheAuditLog(t *testing.T) {
	t.Parallel()
	i := newIssued(t, unchanged)
	r, body := i.send(i.token(map[string]any{"roles": "act"}), http.MethodPost, "/api/v1/fleets", fleet)
	require.Equal(t, http.StatusCreated, r.StatusCode, body)
	_, audit := i.send(i.token(map[string]any{"roles": "own"}), http.MethodGet, "/api/v1/audit", "")
	require.Contains(t, audit, `"ana@`+i.url+`"`)
	r, _ = i.send(i.root, http.MethodGet, "/api/v1/fleets/chat", "")
	require.Equal(t, http.StatusOK, r.StatusCode, "keys go on as before")
}

func TestTokens_WhoHasNoRoleOrNoFleet_IsToldSo(t *testing.T) {
	t.Parallel()
	i := newIssued(t, unchanged)
	r, body := i.send(i.token(nil), http.MethodGet, "/api/v1/fleets", "")
	require.Equal(t, http.StatusForbidden, r.StatusCode)
	require.Contains(t, body, "gives you no role")
	for _, foreign := range []any{[]string{"us"}, nil} {
		r, _ = i.send(i.token(map[string]any{"roles": "look", "fleets": foreign}), http.MethodGet, "/api/v1/fleets/chat", "")
		require.Equal(t, http.StatusForbidden, r.StatusCode)
	}
	for name, bad := range map[string]map[string]any{"audience": {"aud": "another"}, "issuer": {"iss": "https://evil.example"}, "expired": {"exp": 1}} {
		bad["roles"] = "own"
		r, body = i.send(i.token(bad), http.MethodGet, "/api/v1/fleets", "")
		require.Equal(t, http.StatusUnauthorized, r.StatusCode, name)
		require.Equal(t, `Bearer realm="performance-agent", error="invalid_token"`, r.Header.Get("WWW-Authenticate"))
		require.NotContains(t, body, i.url)
	}
}

func TestTokens_IssuerAway_Is503AndKeysGoOn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config.Server){
		"nobody answers": func(s *config.Server) { s.OIDCIssuer = "http://127.0.0.1:1" },
		"not allowed":    func(s *config.Server) { s.OIDCNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
	} {
		i := newIssued(t, change)
		r, body := i.send(i.token(map[string]any{"roles": "own"}), http.MethodGet, "/api/v1/fleets", "")
		require.Equal(t, http.StatusServiceUnavailable, r.StatusCode, name)
		require.NotEmpty(t, r.Header.Get("Retry-After"))
		require.Contains(t, body, "issuer of tokens does not answer", name)
		r, _ = i.send(i.root, http.MethodGet, "/api/v1/fleets", "")
		require.Equal(t, http.StatusOK, r.StatusCode, name)
	}
}

// The matrix of package api, for tokens: what a role may not do is refused whatever
// the fleets, and what it may is not.
func TestTokens_EveryOperation_EveryRole(t *testing.T) {
	t.Parallel()
	i := newIssued(t, unchanged)
	spec, contract := i.send("", http.MethodGet, "/openapi.json", "")
	require.Equal(t, http.StatusOK, spec.StatusCode)
	var d struct {
		Paths map[string]map[string]struct {
			ID   string       `json:"operationId"`
			Role serving.Role `json:"x-required-role"`
		} `json:"paths"`
	}
	require.NoError(t, json.Unmarshal([]byte(contract), &d))
	tokens := map[serving.Role]string{"": i.token(nil), serving.RoleViewer: i.token(map[string]any{"roles": "look"}),
		serving.RoleOperator: i.token(map[string]any{"roles": []string{"look", "act"}}), serving.RoleAdmin: i.token(map[string]any{"roles": "own"})}
	cells := 0
	for path, methods := range d.Paths {
		path = strings.NewReplacer("{fleet}", "chat", "{id}", "x", "{slo}", "ttft-p95", "{engine}", "vllm").Replace(path)
		for method, op := range methods {
			if op.Role == "" || op.ID == "task" { // public, or waits for a workflow
				continue
			}
			for role, token := range tokens {
				if op.ID == "changes" && role.Covers(op.Role) { // a stream that goes on for minutes
					continue
				}
				cells++
				r, body := i.send(token, strings.ToUpper(method), path, "")
				if role.Covers(op.Role) {
					require.NotContains(t, []int{401, 403}, r.StatusCode, "%s as %s: %s", op.ID, role, body)
				} else {
					require.Equal(t, http.StatusForbidden, r.StatusCode, "%s as %s: %s", op.ID, role, body)
				}
			}
		}
	}
	require.Greater(t, cells, 300)
	t.Logf("%d cells", cells)
}

func TestTokens_AreToldFromKeysByTheirForm(t *testing.T) {
	t.Parallel()
	i := newIssued(t, unchanged)
	require.True(t, isJWT(i.token(nil)))
	for range 20 {
		require.False(t, isJWT(api.NewKey()))
	}
	require.False(t, isJWT(i.root))
	require.False(t, isJWT(string(bytes.Repeat([]byte("."), 2))))
}

func unchanged(*config.Server) {}
