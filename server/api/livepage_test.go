package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func TestLivePage_WithoutWorkers_ShowsTheRecord(t *testing.T) {
	t.Parallel()
	h := busy(t)
	h.workflows.status = map[string]any{}
	page := h.do(http.MethodGet, "/", nil)
	require.Equal(t, http.StatusOK, page.Code)
	require.Contains(t, page.Body.String(), "no worker answers")
	require.Contains(t, page.Header().Get("Content-Security-Policy"), "connect-src 'self'")
	require.NotContains(t, page.Header().Get("Content-Security-Policy"), "unsafe")
	require.Equal(t, "no-store", page.Header().Get("Cache-Control"))
}

func TestLivePage_OfAnEmptyInstallation_SaysHowToBegin(t *testing.T) {
	t.Parallel()
	page := newHarness(t).do(http.MethodGet, "/", nil).Body.String()
	require.Contains(t, page, "No fleet is registered")
	require.Contains(t, page, "Nothing is open")
	require.NotContains(t, page, "/namespaces/", "nobody said where the Web UI is")
}

func TestLivePage_StoreDown_IsAProblem(t *testing.T) {
	t.Parallel()
	h := busy(t)
	h.store.failLists = errDown
	require.Equal(t, http.StatusServiceUnavailable, h.do(http.MethodGet, "/", nil).problem().Status)
}

// html is what a browser sends when it goes somewhere.
func html(more ...string) []string {
	return append(more, "Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
}

func TestLivePage_WithoutSession_IsAFormToSignIn_ForBrowsersOnly(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	busily(h)
	for _, path := range []string{"/", "/api/v1/runs/run-2/report"} {
		page := h.do(http.MethodGet, path, nil, html()...)
		require.Equal(t, http.StatusUnauthorized, page.Code, path)
		require.Contains(t, page.Body.String(), `action="/session"`)
		require.Contains(t, page.Body.String(), `name="to" value="`+path+`"`, "it leads back")
		require.NotContains(t, page.Body.String(), "chat", "nothing is told to nobody")
		require.Contains(t, page.Header().Get("WWW-Authenticate"), "Bearer")
		require.Contains(t, page.Header().Get("Content-Security-Policy"), "form-action 'self'")
		require.Equal(t, "same-origin", page.Header().Get("Referrer-Policy"), "without it the form's Origin is null")
		require.Equal(t, http.StatusUnauthorized, h.do(http.MethodGet, path, nil).problem().Status, "a client that is no browser gets a problem")
		wrong := h.as(api.NewKey(), http.MethodGet, path, nil, html()...)
		require.Equal(t, http.StatusUnauthorized, wrong.problem().Status, "nor does one that sent a key")
	}
	require.Equal(t, "application/problem+json", h.do(http.MethodGet, "/api/v1/runs", nil, html()...).Header().Get("Content-Type"), "what is no page has no form")
}

func TestLivePage_ReadersSeeTheirFleets_AndOrdersOnlyAsOperators(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	busily(h)
	get := func(k serving.APIKey) string {
		k.Name = "ana"
		page := h.with(signedIn(t, h, h.store.held(k)), http.MethodGet, "/", nil, html()...)
		require.Equal(t, http.StatusOK, page.Code, page.Body.String())
		require.Contains(t, page.Body.String(), "Sign out")
		require.Contains(t, page.Body.String(), "<span>ana</span>")
		return page.Body.String()
	}
	viewer, operator := get(serving.APIKey{Role: serving.RoleViewer}), get(serving.APIKey{Role: serving.RoleOperator})
	require.NotContains(t, viewer, `data-verb="`)
	require.Contains(t, viewer, `aria-label="run of chat"`)
	for _, order := range []string{"approve-run-3", "rollback-run-2", "resume-run-2", "pause-run-3", "promote-ro-2"} {
		require.Contains(t, operator, `data-key="`+order+`"`)
	}
	scoped := get(serving.APIKey{Role: serving.RoleOperator, Fleets: []string{"code"}})
	require.Contains(t, scoped, "approve-run-3")
	for _, foreign := range []string{"chat", "search", "run-2", "ro-2"} {
		require.NotContains(t, scoped, foreign)
	}
}

func TestOverview_KeepsToTheCallersFleets(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	busily(h)
	var o overview.Overview
	h.as(h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleViewer, Fleets: []string{"search"}}), http.MethodGet, "/api/v1/overview", nil).into(&o)
	require.Len(t, o.Fleets, 1)
	require.Len(t, o.Recent, 1)
	require.Empty(t, o.Active)
	require.Empty(t, o.Violations)
	require.Equal(t, "steady", o.Fleets[0].Status)
}

// form sends what the form to sign in sends.
func (h *harness) form(fields url.Values, headers ...string) reply {
	return h.do(http.MethodPost, "/session", fields.Encode(), html(append(headers, "Content-Type", "application/x-www-form-urlencoded")...)...)
}

func TestSignInForm_SetsTheCookie_AndLeadsBack(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	key := h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleViewer})
	for to, want := range map[string]string{
		"/": "/", "": "/", "/api/v1/runs/run-2/report": "/api/v1/runs/run-2/report", "/?a=b": "/?a=b",
		"//evil.example/": "/", "https://evil.example/": "/", "/\\evil.example": "/", "evil": "/", "javascript:alert(1)": "/", "/%0d%0aX: y": "/%0D%0AX:%20y",
	} {
		r := h.form(url.Values{"key": {" " + key + "\n"}, "to": {to}}, "Sec-Fetch-Site", "same-origin")
		require.Equal(t, http.StatusSeeOther, r.Code, to)
		require.Equal(t, want, r.Header().Get("Location"), to)
		require.Len(t, r.Result().Cookies(), 1)
		require.True(t, r.Result().Cookies()[0].HttpOnly)
		require.Equal(t, "no-store", r.Header().Get("Cache-Control"))
	}
	require.Equal(t, http.StatusForbidden, h.form(url.Values{"key": {key}}, "Sec-Fetch-Site", "cross-site").Code, "another site signs nobody in")
}

func TestSignInForm_AKeyThatIsNotGood_IsAskedForAgain(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	for name, key := range map[string]string{"wrong": api.NewKey(), "none": "", "too long": strings.Repeat("x", 2049)} {
		r := h.form(url.Values{"key": {key}, "to": {"/x\"><script>"}})
		require.Equal(t, http.StatusUnauthorized, r.Code, name)
		require.Empty(t, r.Result().Cookies(), name)
		require.Contains(t, r.Body.String(), `role="alert"`, name)
		require.NotContains(t, r.Body.String(), "<script>", name)
		if key != "" {
			require.NotContains(t, r.Body.String(), key, name)
		}
	}
}
