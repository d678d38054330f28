package report_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/browser"
	"github.com/optiinfra/performance-agent/internal/report"
)

// show serves the report of a promoted run as the API does and opens it.
func show(t *testing.T) (context.Context, *browser.Page) {
	t.Helper()
	ctx, tab := browser.Tab(t)
	r, err := report.NewRenderer()
	require.NoError(t, err)
	text := page(t, promoted())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", r.Policy())
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	require.NoError(t, tab.Open(ctx, server.URL+"/report"))
	t.Cleanup(func() {
		require.Empty(t, tab.Complaints(), "errors of the console, or what the policy refused")
		for _, asked := range tab.Requests() {
			require.True(t, asked == server.URL+"/report" || strings.HasPrefix(asked, "data:"), "the page asked %s", asked)
		}
	})
	return ctx, tab
}

func TestBrowser_Report_IsReadable_InLightDarkAndPrint(t *testing.T) {
	ctx, tab := show(t)
	for _, look := range []struct{ media, scheme string }{{"screen", "light"}, {"screen", "dark"}, {"print", "light"}} {
		require.NoError(t, tab.Emulate(ctx, look.media, look.scheme))
		picture, err := tab.Screenshot(ctx)
		require.NoError(t, err)
		require.Equal(t, "\x89PNG", string(picture[:4]))
		browser.Keep(t, "report-"+look.media+"-"+look.scheme+".png", picture)
	}
	paper, err := tab.PDF(ctx)
	require.NoError(t, err)
	require.Equal(t, "%PDF", string(paper[:4]))
	browser.Keep(t, "report.pdf", paper)

	require.NoError(t, tab.Emulate(ctx, "screen", "light"))
	var selected string
	require.NoError(t, tab.Eval(ctx, `getSelection().selectAllChildren(document.querySelector("h1")), getSelection().toString()`, &selected))
	require.NotEmpty(t, selected, "text can be selected")
	require.NoError(t, tab.Eval(ctx, `getSelection().selectAllChildren(document.querySelector("svg")), getSelection().toString()`, &selected))
	require.NotEmpty(t, strings.TrimSpace(selected), "that of plots too")
}

func TestBrowser_Report_TablesSortByKeyboard(t *testing.T) {
	ctx, tab := show(t)
	var column []string
	read := `(() => { const b = document.querySelector("th button"), c = b.closest("th").cellIndex; return [...b.closest("table").tBodies[0].rows].map((r) => r.cells[c].innerText) })()`
	var way string
	require.NoError(t, tab.Eval(ctx, `document.querySelector("th button").focus()`, nil))
	orders := map[string][]string{}
	for range 2 {
		require.NoError(t, tab.Press(ctx, "Enter"))
		require.NoError(t, tab.Eval(ctx, `document.querySelector("th button").closest("th").getAttribute("aria-sort")`, &way))
		require.NoError(t, tab.Eval(ctx, read, &column))
		orders[way] = column
		column = nil
	}
	require.Len(t, orders["ascending"], len(orders["descending"]))
	require.Greater(t, len(orders["ascending"]), 1)
	require.NotEqual(t, orders["ascending"], orders["descending"])
	require.Equal(t, orders["ascending"][0], orders["descending"][len(orders["descending"])-1])
}
