package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func signedIn(t *testing.T, h *harness, key string) *http.Cookie {
	t.Helper()
	r := h.do(http.MethodPost, "/session", map[string]any{"key": key})
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, "no-store", r.Header().Get("Cache-Control"))
	require.NotContains(t, r.Body.String(), key)
	cookies := r.Result().Cookies()
	require.Len(t, cookies, 1)
	return cookies[0]
}

// with sends the cookie as a browser does.
func (h *harness) with(c *http.Cookie, method, path string, body any, headers ...string) reply {
	return h.do(method, path, body, append(headers, "Cookie", c.Name+"="+c.Value)...)
}

func TestSession_TheCookieIsTheKey_AndOutOfReachOfScriptsAndSites(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		h, _ := withKeys(t, func(_ *api.Deps, c *api.Config) { c.TLS = tls })
		cookie := signedIn(t, h, h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleOperator, Fleets: []string{"chat"}}))
		require.True(t, cookie.HttpOnly)
		require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
		require.Equal(t, tls, cookie.Secure)
		require.Zero(t, cookie.MaxAge, "it ends with the browser")
		var who api.SessionView
		h.with(cookie, http.MethodGet, "/session", nil).into(&who)
		require.Equal(t, api.SessionView{Name: "ana", Role: serving.RoleOperator, Fleets: []string{"chat"}}, who)
		require.Equal(t, http.StatusForbidden, h.with(cookie, http.MethodGet, "/api/v1/keys", nil).Code, "the key's role bounds it")
		require.Equal(t, http.StatusForbidden, h.with(cookie, http.MethodGet, "/api/v1/fleets/others", nil).Code, "its fleets too")
	}
}

func TestSession_AKeyThatIsNotGood_SetsNoCookie(t *testing.T) {
	t.Parallel()
	h, now := withKeys(t)
	past := now.Add(-time.Hour)
	for name, key := range map[string]string{
		"wrong":   api.NewKey(),
		"revoked": h.store.held(serving.APIKey{Name: "old", Role: serving.RoleAdmin, RevokedAt: &past}),
	} {
		r := h.do(http.MethodPost, "/session", map[string]any{"key": key})
		require.Equal(t, http.StatusUnauthorized, r.Code, name)
		require.Empty(t, r.Header().Values("Set-Cookie"), name)
		require.NotContains(t, r.Body.String(), key)
	}
	require.Equal(t, http.StatusUnprocessableEntity, h.do(http.MethodPost, "/session", map[string]any{}).Code)
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodGet, "/session", nil, "Cookie", "performance-agent-session=;;").Code)
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodGet, "/session", nil, "Cookie", "performance-agent-session=***").Code)
}

func TestSession_StoreDown_Is503_AndNoWrongKey(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Auth = brokenIssuer{} })
	r := h.do(http.MethodPost, "/session", map[string]any{"key": "some key"})
	require.GreaterOrEqual(t, r.Code, 500)
	require.Empty(t, r.Header().Values("Set-Cookie"))
}

// A browser adds the cookie to what other sites have it send, were SameSite absent.
func TestSession_MutationsByCookie_ComeFromOurOwnPages(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	key := h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleAdmin})
	cookie := signedIn(t, h, key)
	foreign := map[string][]string{
		"cross-site":        {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"a sibling":         {"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"},
		"an old browser":    {"Origin", "https://evil.example"},
		"a sandboxed frame": {"Origin", "null"},
	}
	for name, headers := range foreign {
		r := h.with(cookie, http.MethodPost, "/api/v1/fleets", fleetBody(), headers...)
		require.Equal(t, http.StatusForbidden, r.Code, name)
		require.Contains(t, r.problem().Detail, "another origin", name)
		require.Equal(t, http.StatusForbidden, h.do(http.MethodPost, "/session", map[string]any{"key": key}, headers...).Code, "signed in as somebody else by %s", name)
		require.Equal(t, http.StatusForbidden, h.do(http.MethodDelete, "/session", nil, headers...).Code, "signed out by %s", name)
		require.Equal(t, http.StatusOK, h.as(key, http.MethodPost, "/api/v1/engines/vllm/validate", map[string]any{"command_line": "vllm serve m"}, headers...).Code,
			"%s has the key itself", name)
	}
	require.Equal(t, []string{"session.start ana"}, h.store.actions())
	r := h.with(cookie, http.MethodPost, "/api/v1/fleets", fleetBody(), "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com")
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	require.Equal(t, []string{"session.start ana", "fleet.create chat"}, h.store.actions())
	require.Equal(t, http.StatusOK, h.with(cookie, http.MethodGet, "/api/v1/fleets/chat", nil, "Sec-Fetch-Site", "cross-site").Code, "reads change nothing")
}

func TestSession_ItEndsWithTheKey_AndBySigningOut(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	admin := h.store.held(serving.APIKey{Name: "root", Role: serving.RoleAdmin})
	cookie := signedIn(t, h, h.store.held(serving.APIKey{ID: "k", Name: "ana", Role: serving.RoleViewer}))
	require.Equal(t, http.StatusOK, h.with(cookie, http.MethodGet, "/session", nil).Code)

	out := h.with(cookie, http.MethodDelete, "/session", nil, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusNoContent, out.Code)
	require.Equal(t, cookie.Name, out.Result().Cookies()[0].Name)
	require.Negative(t, out.Result().Cookies()[0].MaxAge)

	require.Equal(t, http.StatusOK, h.as(admin, http.MethodDelete, "/api/v1/keys/k", nil).Code)
	require.Equal(t, http.StatusUnauthorized, h.with(cookie, http.MethodGet, "/session", nil).Code)
}

func TestSession_AuthorizationGoesBeforeTheCookie(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	cookie := signedIn(t, h, h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleAdmin}))
	for _, authorization := range []string{"Bearer " + api.NewKey(), "Basic YTpi", "Bearer "} {
		r := h.with(cookie, http.MethodGet, "/session", nil, "Authorization", authorization)
		require.Equal(t, http.StatusUnauthorized, r.Code, strings.Fields(authorization)[0])
	}
}

func TestSession_GuessesCountOnTheAddress(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t, func(_ *api.Deps, c *api.Config) { c.RatePerSecond, c.Burst = 1, 3 })
	var last *httptest.ResponseRecorder
	for range 4 {
		last = h.do(http.MethodPost, "/session", map[string]any{"key": api.NewKey()}).ResponseRecorder
	}
	require.Equal(t, http.StatusTooManyRequests, last.Code)
}
