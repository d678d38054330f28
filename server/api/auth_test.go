package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// withKeys is an API that asks everybody for a key, and the fake clock it goes by.
func withKeys(t *testing.T, change ...func(*api.Deps, *api.Config)) (*harness, *time.Time) {
	t.Helper()
	now := time.Unix(1_800_000_000, 0).UTC()
	h := newHarness(t, append(change, func(d *api.Deps, _ *api.Config) {
		d.Now = func() time.Time { return now }
		d.Auth = api.NewKeyring(d.Store.(api.KeyBook), classify, d.Now)
	})...)
	return h, &now
}

// as sends a request with a key.
func (h *harness) as(key, method, path string, body any, headers ...string) reply {
	h.t.Helper()
	return h.do(method, path, body, append(headers, "Authorization", "Bearer "+key)...)
}

func TestAuth_WithoutAKey_IsToldHowToSendOne(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	for name, headers := range map[string][]string{
		"nothing":        nil,
		"another scheme": {"Authorization", "Basic YTpi"},
		"no token":       {"Authorization", "Bearer "},
		"a name":         {"X-Actor", "ana"},
	} {
		r := h.do(http.MethodGet, "/api/v1/fleets", nil, headers...)
		require.Equal(t, http.StatusUnauthorized, r.Code, name)
		require.Equal(t, `Bearer realm="performance-agent"`, r.Header().Get("WWW-Authenticate"))
		require.Contains(t, r.problem().Detail, "Authorization: Bearer")
	}
	r := h.as("pak_wrong", http.MethodGet, "/api/v1/fleets", nil)
	require.Equal(t, http.StatusUnauthorized, r.Code)
	require.Contains(t, r.Header().Get("WWW-Authenticate"), `error="invalid_token"`)
	require.NotContains(t, r.Body.String(), "pak_wrong")
}

func TestAuth_TheActorIsTheKeysName_NotWhatACallerSays(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	key := h.store.held(serving.APIKey{Name: "ci", Role: serving.RoleOperator})
	require.Equal(t, http.StatusCreated, h.as(key, http.MethodPost, "/api/v1/fleets", fleetBody(), "X-Actor", "ana").Code)
	require.Equal(t, "ci", h.store.audit[0].Actor)
	require.Contains(t, h.log.String(), `"actor":"ci"`)
	require.NotContains(t, h.log.String(), key)
	require.Equal(t, []string{"key-ci"}, h.store.touched)
}

func TestAuth_RevokedHere_IsOverAtOnce_ElsewhereAfterSeconds(t *testing.T) {
	t.Parallel()
	h, now := withKeys(t)
	admin := h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin})
	key := h.store.held(serving.APIKey{Name: "ci", Role: serving.RoleViewer})
	works := func() bool { return h.as(key, http.MethodGet, "/api/v1/fleets", nil).Code == http.StatusOK }
	require.True(t, works())
	require.Equal(t, http.StatusOK, h.as(admin, http.MethodDelete, "/api/v1/keys/key-ci", nil).Code)
	require.False(t, works())

	other := h.store.held(serving.APIKey{Name: "ci2", Role: serving.RoleViewer})
	require.Equal(t, http.StatusOK, h.as(other, http.MethodGet, "/api/v1/fleets", nil).Code)
	_, err := h.store.RevokeAPIKey(context.Background(), "key-ci2", "another server", *now)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, h.as(other, http.MethodGet, "/api/v1/fleets", nil).Code, "known for a moment")
	*now = now.Add(5 * time.Second)
	r := h.as(other, http.MethodGet, "/api/v1/fleets", nil)
	require.Equal(t, http.StatusUnauthorized, r.Code)
	require.Contains(t, r.problem().Detail, "revoked")
}

func TestAuth_AKeyThatEnds_IsNotKnownBeyondItsEnd(t *testing.T) {
	t.Parallel()
	h, now := withKeys(t)
	end := now.Add(2 * time.Second)
	key := h.store.held(serving.APIKey{Name: "ci", Role: serving.RoleViewer, ExpiresAt: &end})
	require.Equal(t, http.StatusOK, h.as(key, http.MethodGet, "/api/v1/fleets", nil).Code)
	*now = end
	r := h.as(key, http.MethodGet, "/api/v1/fleets", nil)
	require.Equal(t, http.StatusUnauthorized, r.Code)
	require.Contains(t, r.problem().Detail, "expired")
}

func TestAuth_StoreDown_Is503_AndHealthStaysUp(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	key := h.store.held(serving.APIKey{Name: "ci", Role: serving.RoleViewer})
	h.store.fail = errDown
	require.Equal(t, http.StatusServiceUnavailable, h.as(key, http.MethodGet, "/api/v1/fleets", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/live", nil).Code)
	require.Equal(t, http.StatusOK, h.do(http.MethodGet, "/health/ready", nil).Code)
}

// lookUp is what the store is asked for a key; it counts on nothing else of the store.
type lookUp struct {
	*fakeStore
	away bool
}

func (l *lookUp) APIKeyByHash(ctx context.Context, hash string) (serving.APIKey, error) {
	if l.away {
		return serving.APIKey{}, errDown
	}
	return l.fakeStore.APIKeyByHash(ctx, hash)
}

// bleeding is an API that knows an operator's key, with a rollout that is under way.
func bleeding(t *testing.T) (*harness, *lookUp, *time.Time) {
	t.Helper()
	book := &lookUp{}
	h, now := withKeys(t, func(d *api.Deps, _ *api.Config) {
		book.fakeStore = d.Store.(*fakeStore)
		d.Store = book
	})
	h.store = book.fakeStore
	h.store.rollouts["r2"] = serving.RolloutRecord{ID: "r2", WorkflowID: "rollout:chat", Fleet: "chat"}
	h.workflows.status["rollout:chat"] = workflows.RolloutStatus{Fleet: "chat", Phase: workflows.PhaseShifting}
	return h, book, now
}

func TestAuth_StoreAway_AKeySeenLatelyMayLookAndStopTheBleeding(t *testing.T) {
	t.Parallel()
	h, book, now := bleeding(t)
	key := h.store.held(serving.APIKey{Name: "ops", Role: serving.RoleOperator})
	unseen := h.store.held(serving.APIKey{Name: "new", Role: serving.RoleOperator})
	viewer := h.store.held(serving.APIKey{Name: "v", Role: serving.RoleViewer})
	for _, k := range []string{key, viewer} {
		require.Equal(t, http.StatusOK, h.as(k, http.MethodGet, "/api/v1/fleets", nil).Code)
	}
	book.away = true
	code := func(key, method, path string) int { return h.as(key, method, "/api/v1"+path, nil).Code }
	*now = now.Add(14 * time.Minute)
	require.Equal(t, http.StatusOK, code(key, http.MethodGet, "/rollouts/r2"))
	require.Equal(t, http.StatusOK, code(key, http.MethodPost, "/rollouts/r2/pause"))
	require.Equal(t, http.StatusOK, code(key, http.MethodPost, "/rollouts/r2/rollback"))
	for _, goesOn := range []string{"/rollouts/r2/approve", "/rollouts/r2/promote", "/rollouts/r2/resume", "/fleets", "/fleets/chat/rollouts"} {
		require.Equal(t, http.StatusServiceUnavailable, code(key, http.MethodPost, goesOn), goesOn)
	}
	require.Equal(t, http.StatusForbidden, code(viewer, http.MethodPost, "/rollouts/r2/rollback"), "a role stays what it was")
	require.Equal(t, http.StatusServiceUnavailable, code(unseen, http.MethodGet, "/rollouts/r2"))
	require.Contains(t, h.log.String(), "trusted that was good lately")
	*now = now.Add(time.Minute)
	require.Equal(t, http.StatusServiceUnavailable, code(key, http.MethodPost, "/rollouts/r2/rollback"), "15 minutes after the last look")
}

func TestAuth_StoreBack_ARevocationIsInForceAtOnce_AndRemembered(t *testing.T) {
	t.Parallel()
	h, book, now := bleeding(t)
	end := now.Add(10 * time.Minute)
	key := h.store.held(serving.APIKey{Name: "ops", Role: serving.RoleOperator})
	short := h.store.held(serving.APIKey{Name: "short", Role: serving.RoleOperator, ExpiresAt: &end})
	get := func(key string) int { return h.as(key, http.MethodGet, "/api/v1/rollouts/r2", nil).Code }
	require.Equal(t, http.StatusOK, get(key))
	require.Equal(t, http.StatusOK, get(short))
	book.away = true
	*now = now.Add(time.Minute)
	require.Equal(t, http.StatusOK, get(key))
	_, err := h.store.RevokeAPIKey(context.Background(), "key-ops", "another server", *now)
	require.NoError(t, err)
	book.away = false
	require.Equal(t, http.StatusUnauthorized, get(key))
	book.away = true
	require.Equal(t, http.StatusServiceUnavailable, get(key), "what was refused is not trusted again")
	*now = end
	require.Equal(t, http.StatusServiceUnavailable, get(short), "nor beyond a key's own end")
}

func TestAuth_ClosesBeforeTheBodyIsRead(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	viewer := h.store.held(serving.APIKey{Name: "v", Role: serving.RoleViewer})
	scoped := h.store.held(serving.APIKey{Name: "s", Role: serving.RoleOperator, Fleets: []string{"eu"}})
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodPost, "/api/v1/fleets", "not json").Code)
	require.Equal(t, http.StatusForbidden, h.as(viewer, http.MethodPost, "/api/v1/fleets", "not json").Code)
	require.Equal(t, http.StatusForbidden, h.as(scoped, http.MethodPut, "/api/v1/fleets/us", "not json").Code)
}

func TestAuth_FleetsOfBodiesAndLists_AreBoundToo(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	admin := h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin})
	for _, name := range []string{"eu", "us"} {
		require.Equal(t, http.StatusCreated, h.as(admin, http.MethodPost, "/api/v1/fleets", fleetBody(set("name", name))).Code)
	}
	scoped := h.store.held(serving.APIKey{Name: "s", Role: serving.RoleOperator, Fleets: []string{"eu"}})
	require.Equal(t, http.StatusForbidden, h.as(scoped, http.MethodPost, "/api/v1/fleets", fleetBody(set("name", "us2"))).Code)
	require.Equal(t, http.StatusForbidden, h.as(scoped, http.MethodPost, "/api/v1/waves", waveBody("eu", "us")).Code)
	require.Equal(t, http.StatusAccepted, h.as(scoped, http.MethodPost, "/api/v1/waves", waveBody("eu")).Code)
	for _, path := range []string{"/fleets", "/runs", "/rollouts", "/loadtests", "/violations"} {
		before := len(h.store.queries)
		require.Equal(t, http.StatusOK, h.as(scoped, http.MethodGet, "/api/v1"+path, nil).Code)
		require.Equal(t, []string{"eu"}, h.store.queries[before].Within, path)
		if path != "/fleets" {
			require.Equal(t, http.StatusForbidden, h.as(scoped, http.MethodGet, "/api/v1"+path+"?fleet=us", nil).Code, path)
		}
	}
}

func TestRateLimit_IsOfTheKey_NotOfTheAddress(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t, func(_ *api.Deps, c *api.Config) { c.RatePerSecond, c.Burst = .001, 5 })
	a := h.store.held(serving.APIKey{Name: "a", Role: serving.RoleViewer})
	b := h.store.held(serving.APIKey{Name: "b", Role: serving.RoleViewer})
	for range 6 { // the first look at a key counts on the address
		require.Equal(t, http.StatusOK, h.as(a, http.MethodGet, "/api/v1/fleets", nil).Code)
	}
	require.Equal(t, http.StatusTooManyRequests, h.as(a, http.MethodGet, "/api/v1/fleets", nil).Code)
	require.Equal(t, http.StatusOK, h.as(b, http.MethodGet, "/api/v1/fleets", nil).Code)
	for range 3 {
		require.Equal(t, http.StatusUnauthorized, h.as("guess", http.MethodGet, "/api/v1/fleets", nil).Code)
	}
	require.Equal(t, http.StatusTooManyRequests, h.as("guess", http.MethodGet, "/api/v1/fleets", nil).Code, "who guesses is stopped")
}

func TestKeys_ShownOnce_KeptByHash_NeverReplayed(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	admin := h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin})
	var made api.NewKeyView
	r := h.as(admin, http.MethodPost, "/api/v1/keys", `{"name":"ci","role":"viewer","fleets":["chat"]}`, "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	r.into(&made)
	require.Regexp(t, `^pak_[A-Za-z0-9_-]{43}$`, made.Key)
	require.Equal(t, "root", made.CreatedBy)
	require.Empty(t, h.store.claims, "an answer with a key in it is not kept")
	list := h.as(admin, http.MethodGet, "/api/v1/keys", nil).Body.String()
	require.Contains(t, list, made.Prefix)
	for where, text := range map[string]string{"list": list, "audit": h.as(admin, http.MethodGet, "/api/v1/audit", nil).Body.String(), "log": h.log.String()} {
		require.NotContains(t, text, made.Key, where)
		require.NotContains(t, text, api.HashKey(made.Key), where)
	}
	require.Equal(t, http.StatusOK, h.as(made.Key, http.MethodGet, "/api/v1/fleets", nil).Code)
	require.Equal(t, http.StatusConflict, h.as(admin, http.MethodPost, "/api/v1/keys", `{"name":"ci","role":"viewer"}`).Code)
}

func TestKeys_WhatMakesNoSense_IsRefusedByField(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	admin := h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin})
	for body, field := range map[string]string{
		`{"name":"a b","role":"viewer"}`:                                         "body.name",
		`{"name":"a","role":"root"}`:                                             "body.role",
		`{"name":"a","role":"admin","fleets":["eu"]}`:                            "body.fleets",
		`{"name":"a","role":"viewer","fleets":["eu","eu"]}`:                      "body.fleets[1]",
		`{"name":"a","role":"viewer","expires_at":"2020-01-01T00:00:00Z"}`:       "body.expires_at",
		`{"name":"a\nSet-Cookie: x","role":"viewer"}`:                            "body.name",
		`{"name":"` + string(make([]byte, 0)) + `","role":"viewer"}`:             "body.name",
		`{"name":"' OR 1=1 --","role":"viewer","expires_at":null,"fleets":null}`: "body.name",
	} {
		r := h.as(admin, http.MethodPost, "/api/v1/keys", body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, body)
		require.Contains(t, fieldsOf(r.problem()), field, body)
	}
	require.Equal(t, http.StatusNotFound, h.as(admin, http.MethodDelete, "/api/v1/keys/none", nil).Code)
}

// brokenIssuer answers nobody.
type brokenIssuer struct{}

func (brokenIssuer) Authenticate(context.Context, string) (api.Principal, error) {
	return api.Principal{}, errors.New("dial tcp: secret-host refused")
}

func TestAuth_AuthenticatorThatFails_LetsNobodyIn(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Auth = brokenIssuer{} })
	r := h.as("token", http.MethodGet, "/api/v1/fleets", nil)
	require.Equal(t, http.StatusInternalServerError, r.Code)
	require.NotContains(t, r.Body.String(), "secret-host")
}
