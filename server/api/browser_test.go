package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/browser"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// visitor is a person at a browser, with nothing but a keyboard.
type visitor struct {
	*browser.Page
	t   *testing.T
	ctx context.Context
	at  string
}

func visit(t *testing.T, h *harness) visitor {
	t.Helper()
	ctx, page := browser.Tab(t)
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	t.Cleanup(h.server.Drain)
	return visitor{page, t, ctx, server.URL}
}

func (v visitor) open(path string) {
	v.t.Helper()
	require.NoError(v.t, v.Open(v.ctx, v.at+path))
}

func (v visitor) await(condition string) {
	v.t.Helper()
	require.NoError(v.t, v.Await(v.ctx, condition))
}

func (v visitor) text(of string) (text string) {
	v.t.Helper()
	require.NoError(v.t, v.Eval(v.ctx, "document.querySelector('"+of+"').innerText", &text))
	return text
}

// tabTo presses Tab until the focus is on what the selector finds.
func (v visitor) tabTo(selector string) {
	v.t.Helper()
	for range 60 {
		v.press("Tab")
		var there bool
		require.NoError(v.t, v.Eval(v.ctx, "document.activeElement.matches('"+selector+"')", &there))
		if there {
			return
		}
	}
	v.t.Fatalf("the keyboard does not reach %s", selector)
}

func (v visitor) press(key string) {
	v.t.Helper()
	require.NoError(v.t, v.Press(v.ctx, key))
}

func (v visitor) shoot(name string) {
	v.t.Helper()
	picture, err := v.Screenshot(v.ctx)
	require.NoError(v.t, err)
	browser.Keep(v.t, name, picture)
}

// quiet checks that the browser complained of nothing but what is allowed, and asked
// nobody but us.
func (v visitor) quiet(allowed string) {
	v.t.Helper()
	for _, c := range v.Complaints() {
		if allowed == "" || !strings.Contains(c, allowed) {
			v.t.Errorf("the console says: %s", c)
		}
	}
	for _, r := range v.Requests() {
		if !strings.HasPrefix(r, v.at+"/") && !strings.HasPrefix(r, "data:") && r != "about:blank" {
			v.t.Errorf("the page asked %s", r)
		}
	}
}

// signIn goes through the form.
func (v visitor) signIn(key string) {
	v.t.Helper()
	v.open("/")
	v.await(`document.activeElement.id === "key"`)
	require.NoError(v.t, v.Type(v.ctx, key))
	v.press("Enter")
	v.await(`document.getElementById("state")?.className === "live"`)
}

func (f *fakeWorkflows) lastCommand() sentCommand {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.commands) == 0 {
		return sentCommand{}
	}
	return f.commands[len(f.commands)-1]
}

func (f *fakeWorkflows) becomes(id string, status any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status[id] = status
}

// The browser tests run one after the other: each browser takes a core.
func TestBrowser_LivePage_RenewsItselfAndTakesOrdersByKeyboard(t *testing.T) {
	h := busy(t)
	v := visit(t, h)
	v.open("/")
	v.await(`document.getElementById("state").className === "live"`)
	require.NoError(t, v.Eval(v.ctx, `window.same = true`, nil))
	v.shoot("live-light.png")
	require.NoError(t, v.Emulate(v.ctx, "screen", "dark"))
	v.shoot("live-dark.png")
	require.NoError(t, v.Resize(v.ctx, 390, 800))
	v.shoot("live-phone.png")
	var overflows bool
	require.NoError(t, v.Eval(v.ctx, `document.documentElement.scrollWidth > innerWidth`, &overflows))
	require.False(t, overflows, "a phone scrolls tables, not the page")
	require.NoError(t, v.Resize(v.ctx, 1200, 900))

	ro, err := h.store.Rollout(t.Context(), "ro-2")
	require.NoError(t, err)
	ro.Weight = 100
	require.NoError(t, h.store.SaveRollout(t.Context(), ro))
	v.await(`document.getElementById("active").innerText.includes("100% on the canary")`)
	var same bool
	require.NoError(t, v.Eval(v.ctx, `window.same === true`, &same))
	require.True(t, same, "the page changed without being loaded again")

	v.order("approve-run-3", "Let ")
	require.Equal(t, workflows.Approve, h.workflows.lastCommand().Name)
	require.Equal(t, "because", h.workflows.lastCommand().Command.Reason)
	require.NotEmpty(t, h.workflows.lastCommand().UpdateID, "given once, however often it is sent")
	v.order("pause-run-3", "Stay where")
	require.Equal(t, workflows.Pause, h.workflows.lastCommand().Name)
	h.workflows.becomes("optimize:code", workflows.OptimizeStatus{Phase: workflows.PhaseRollingOut, Paused: true})
	require.NoError(t, h.store.SaveRun(t.Context(), serving.RunRecord{ID: "run-9", Fleet: "search", StartedAt: began})) // something to hear of
	v.await(`document.querySelector('[data-key="resume-run-3"]')`)
	v.order("rollback-run-2", "Take all traffic of chat back")
	require.Equal(t, workflows.Rollback, h.workflows.lastCommand().Name)
	require.Equal(t, "optimize:chat", h.workflows.lastCommand().On.WorkflowID)
	v.quiet("")

	h.workflows.refuse(&api.RejectedError{Message: "it rolls back already"})
	v.tabTo(`[data-key="rollback-run-2"]`)
	v.press("Enter")
	v.await(`document.getElementById("confirm").open`)
	v.press("Enter")
	v.await(`document.getElementById("answer").textContent.includes("rolls back already")`)
	v.quiet("status of 422")
}

func (f *fakeWorkflows) refuse(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// order gives an order by the keyboard alone: to its button, away again by Escape,
// back, a reason, Enter.
func (v visitor) order(key, asks string) {
	v.t.Helper()
	given := len(v.Requests())
	button := `[data-key="` + key + `"]`
	v.await(`document.querySelector('` + button + `')`)
	v.tabTo(button)
	v.press("Enter")
	v.await(`document.getElementById("confirm").open`)
	require.Contains(v.t, v.text("#asks"), asks)
	v.shoot("confirm-" + key + ".png")
	v.press("Escape")
	v.await(`!document.getElementById("confirm").open && document.activeElement.dataset.key === "` + key + `"`)
	for _, r := range v.Requests()[given:] {
		require.NotContains(v.t, r, "/api/v1/runs/", "nothing is sent before it is confirmed")
	}
	v.press("Enter")
	v.await(`document.getElementById("confirm").open && document.activeElement.id === "reason"`)
	require.NoError(v.t, v.Type(v.ctx, "because"))
	v.press("Enter")
	v.await(`!document.getElementById("confirm").open && document.getElementById("said").textContent.includes("was taken")`)
	require.NoError(v.t, v.Eval(v.ctx, `document.getElementById("said").textContent = ""`, nil))
}

func TestBrowser_LivePage_SignInShowsOnlyOwnFleets_AndSignOutNothing(t *testing.T) {
	h, _ := withKeys(t)
	busily(h)
	v := visit(t, h)
	v.open("/")
	v.shoot("signin-light.png")
	v.await(`document.activeElement.id === "key"`)
	require.NoError(t, v.Type(v.ctx, "not a key"))
	v.press("Enter")
	v.await(`document.querySelector("[role=alert]")`)
	v.shoot("signin-refused.png")
	v.signIn(h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleViewer, Fleets: []string{"code"}}))
	v.shoot("live-viewer.png")
	text := v.text("body")
	require.Contains(t, text, "code")
	require.NotContains(t, text, "chat")
	require.NotContains(t, text, "search")
	require.Contains(t, text, "ana")
	var buttons int
	require.NoError(t, v.Eval(v.ctx, `document.querySelectorAll("[data-verb]").length`, &buttons))
	require.Zero(t, buttons, "who only looks has no buttons")
	var cookie string
	require.NoError(t, v.Eval(v.ctx, `document.cookie`, &cookie))
	require.Empty(t, cookie, "the key is out of reach of scripts")
	v.tabTo("#out")
	v.press("Enter")
	v.await(`document.getElementById("key")`)
	v.quiet("status of 401") // the browser tells of the pages that ask to sign in
}
