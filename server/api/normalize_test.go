package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const normalizeURL = "/api/v1/metrics/normalize"

func vllmPage(tokens int) string {
	return fmt.Sprintf("# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"m\"} 3\n"+
		"# TYPE vllm:generation_tokens_total counter\nvllm:generation_tokens_total{model_name=\"m\"} %d\n"+
		"# TYPE vllm:from_the_future gauge\nvllm:from_the_future 1\n", tokens)
}

func zipped(t *testing.T, page string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(page))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func TestNormalize_Text_SaysWhatThePageGives(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for name, r := range map[string]reply{
		"text":         h.do(http.MethodPost, normalizeURL, vllmPage(70), "Content-Type", "text/plain; version=0.0.4"),
		"gzip":         h.do(http.MethodPost, normalizeURL, zipped(t, vllmPage(70)), "Content-Type", "text/plain", "Content-Encoding", "gzip"),
		"gzip, unsaid": h.do(http.MethodPost, normalizeURL+"?engine=vllm", zipped(t, vllmPage(70)), "Content-Type", "application/octet-stream"),
		"JSON":         h.do(http.MethodPost, normalizeURL, map[string]any{"payload": vllmPage(70)}),
		"OpenMetrics": h.do(http.MethodPost, normalizeURL, strings.Replace(vllmPage(70), "TYPE vllm:generation_tokens_total", "TYPE vllm:generation_tokens", 1)+"# EOF\n",
			"Content-Type", "application/openmetrics-text; version=1.0.0"),
	} {
		require.Equal(t, http.StatusOK, r.Code, "%s: %s", name, r.Body.String())
		var out api.Normalized
		r.into(&out)
		require.Equal(t, serving.VLLM, out.Engine, name)
		require.Equal(t, serving.VLLM, out.Detected, name)
		require.Equal(t, []string{"running", "generation_tokens"}, out.Found, name)
		require.Equal(t, []string{"vllm:from_the_future"}, out.Unknown, name)
		require.Equal(t, 3, out.Families, name)
		require.Equal(t, serving.Known(3), out.Snapshot.Running, name)
		require.False(t, out.Snapshot.GenerationTokens.IsKnown(), "%s: one page has no window", name)
		require.Equal(t, serving.Known(70), out.Reading.GenerationTokens, name)
		require.NotEmpty(t, out.Missing, name)
	}
	require.Empty(t, h.store.actions(), "it changes nothing")
}

func TestNormalize_WithAnEarlierPage_MeasuresTheWindow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	input := map[string]any{"payload": vllmPage(70), "taken_at": "2026-01-01T00:00:10Z", "engine": "vllm",
		"earlier": map[string]any{"payload": vllmPage(20), "taken_at": "2026-01-01T00:00:00Z"}}
	var out api.Normalized
	h.do(http.MethodPost, normalizeURL, input).into(&out)
	require.Equal(t, serving.Known(50), out.Snapshot.GenerationTokens)
	require.InDelta(t, 10, out.Snapshot.WindowSeconds, 0)

	input["payload"] = vllmPage(5)
	h.do(http.MethodPost, normalizeURL, input).into(&out)
	require.False(t, out.Snapshot.GenerationTokens.IsKnown(), "the engine restarted in between")
	require.Contains(t, out.Missing, serving.Missing{Quantity: "increases of the page", Reason: "the engine restarted in the window"})
}

func TestNormalize_Mistakes_AreNamedWithLineAndCause(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	earlier := func(at string) map[string]any {
		return map[string]any{"payload": vllmPage(70), "taken_at": "2026-01-01T00:00:10Z", "earlier": map[string]any{"payload": vllmPage(1), "taken_at": at}}
	}
	broken := earlier("2026-01-01T00:00:00Z")
	broken["earlier"].(map[string]any)["payload"] = "a 1\nb\n"
	for name, c := range map[string]struct {
		body    any
		kind    string
		status  int
		field   string
		message string
	}{
		"a mistake":            {"a 1\nb{c=} 2\n", "text/plain", 422, "body.payload line 2", "expected '\"'"},
		"cut short":            {"a 1\nvllm:x{y=\"z", "text/plain", 422, "body.payload line 2", "cut short"},
		"earlier one":          {broken, "", 422, "body.earlier.payload line 2", ""},
		"nobody's page":        {"python_info 1\n", "text/plain", 422, "body.payload", "no engine"},
		"unknown engine":       {map[string]any{"payload": vllmPage(1), "engine": "triton"}, "", 422, "engine", "triton"},
		"no payload":           {map[string]any{"engine": "vllm"}, "", 422, "body.payload", "missing"},
		"no time":              {map[string]any{"payload": vllmPage(1), "earlier": map[string]any{"payload": vllmPage(1)}}, "", 422, "body.taken_at", "needed"},
		"earlier is later":     {earlier("2026-01-01T00:00:20Z"), "", 422, "body.earlier.taken_at", "before"},
		"no JSON":              {"{", "application/json", 400, "", ""},
		"another field":        {map[string]any{"payload": "a 1\n", "text": "b"}, "", 400, "", ""},
		"gzip that breaks off": {zipped(t, strings.Repeat(vllmPage(1), 100))[:60], "text/plain", 400, "", ""},
		"a bomb":               {zipped(t, strings.Repeat("\n", 64<<20)), "text/plain", 413, "", ""},
		"too many lines":       {zipped(t, strings.Repeat("a 1\n", 400_000)), "text/plain", 422, "body.payload", "lines"},
	} {
		headers := []string{}
		if c.kind != "" {
			headers = []string{"Content-Type", c.kind}
		}
		r := h.do(http.MethodPost, normalizeURL, c.body, headers...)
		require.Equal(t, c.status, r.Code, "%s: %s", name, r.Body.String())
		p := r.problem()
		if c.field != "" {
			require.Equal(t, c.field, p.Errors[0].Field, name)
			require.Contains(t, p.Errors[0].Message, c.message, name)
		}
	}
}

func TestNormalize_BodiesUpToTheLimitOfPages_AreTaken(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	comment := "# " + strings.Repeat("x", 1000) + "\n"
	r := h.do(http.MethodPost, normalizeURL, strings.Repeat(comment, 4000)+vllmPage(1), "Content-Type", "text/plain", "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	r = h.do(http.MethodPost, normalizeURL, strings.Repeat(comment, 18_000)+vllmPage(1), "Content-Type", "text/plain")
	require.Equal(t, http.StatusRequestEntityTooLarge, r.Code)
	r.problem()
	r = h.do(http.MethodPost, "/api/v1/fleets", strings.Repeat(" ", 2<<20))
	require.Equal(t, http.StatusRequestEntityTooLarge, r.Code, "other routes keep their limit")
}

func TestNormalize_WhileOthersAreRead_IsToldToComeBack(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}, 2), make(chan struct{})
	h := newHarness(t, func(d *api.Deps, _ *api.Config) {
		parse := d.ParsePage
		d.ParsePage = blocking(parse, entered, leave)
	})
	done := make(chan int, 2)
	for range 2 {
		go func() { done <- h.do(http.MethodPost, normalizeURL, vllmPage(1), "Content-Type", "text/plain").Code }()
		<-entered
	}
	r := h.do(http.MethodPost, normalizeURL, vllmPage(1), "Content-Type", "text/plain")
	require.Equal(t, http.StatusServiceUnavailable, r.Code)
	require.Equal(t, "1", r.Header().Get("Retry-After"))
	close(leave)
	require.Equal(t, []int{200, 200}, []int{<-done, <-done})
}
