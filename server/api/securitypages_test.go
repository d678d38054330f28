package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// What engines print and people write comes to pages as it is: they must show it as
// the text that it is, neither as markup nor as a template.
func TestSecurity_PagesOfRecords_ShowWordsAsText(t *testing.T) {
	t.Parallel()
	const markup, template = `</title></script><script>alert(1)</script><img src=x onerror=alert(2)>`, `{{printf "%d" 41}}{{.}}`
	evil := markup + template
	h := busily(newHarness(t))
	for name, f := range h.store.fleets {
		f.Config.Model, f.SLOs[0].Name = evil, evil
		h.store.fleets[name] = f
	}
	for id, r := range h.store.runs {
		r.Reason, r.Phase = evil, r.Phase+evil
		r.Findings = []serving.Bottleneck{{Kind: serving.BottleneckSlotBound, Summary: evil, Evidence: []serving.Evidence{{Name: evil, Text: evil}}}}
		h.store.runs[id] = r
	}
	for id, v := range h.store.violations {
		v.Violation.SLO, v.Violation.Reason = evil, evil
		h.store.violations[id] = v
	}
	for id, r := range h.store.rollouts {
		r.Reason, r.From.Model, r.To.Model = evil, evil, evil
		h.store.rollouts[id] = r
	}
	for i := range h.store.events {
		h.store.events[i].Message = evil
	}
	for _, path := range []string{"/", "/api/v1/runs/run-1/report", "/api/v1/runs/run-2/report", "/api/v1/runs/run-3/report"} {
		page := h.do(http.MethodGet, path, nil, html()...)
		require.Equal(t, http.StatusOK, page.Code, page.Body.String())
		text := page.Body.String()
		require.NotContains(t, text, "<script>alert", path)
		require.NotContains(t, text, "<img src=x", path)
		require.NotContains(t, text, "</title></script>", path)
		require.Contains(t, text, "&lt;script&gt;alert(1)", "%s: it is shown", path)
		require.Contains(t, strings.ReplaceAll(text, "&#34;", `"`), template, "%s: as it is", path)
		require.NotContains(t, page.Header().Get("Content-Security-Policy"), "unsafe-inline", path)
	}
}
