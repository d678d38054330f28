package deploy_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/promrules"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

// exported are all names that a query may use: ours from the code that makes them,
// the SDK's from its own list, those of Go's process, the ones that our rules
// record, and those that Prometheus itself adds.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{"up": true, "ALERTS": true}
	for _, name := range ownMetrics(t) {
		out[name], out[name+"_bucket"], out[name+"_sum"], out[name+"_count"] = true, true, true, true
	}
	for _, name := range sdkMetrics(t) {
		out[name], out[name+"_total"] = true, true
		out[name+"_seconds_bucket"], out[name+"_seconds_sum"], out[name+"_seconds_count"] = true, true, true
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		out[f.GetName()] = true
	}
	for _, name := range recorded(t) {
		out[name] = true
	}
	return out
}

// ownMetrics are the names that our code gives to metrics: string literals that are
// nothing but such a name.
func ownMetrics(t *testing.T) []string {
	t.Helper()
	named := regexp.MustCompile(`^performance_agent_[a-z0-9_]+$`)
	var out []string
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() && (d.Name() == "bin" || d.Name() == "testdata" || d.Name() == "out" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			out = append(out, literals(t, path, named)...)
		}
		return nil
	}))
	require.NotEmpty(t, out)
	return out
}

// sdkMetrics are the names in the SDK's own list of constants, beside its prefix.
func sdkMetrics(t *testing.T) []string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.temporal.io/sdk").Output()
	require.NoError(t, err)
	path := filepath.Join(strings.TrimSpace(string(dir)), "internal", "common", "metrics", "constants.go")
	var out []string
	for _, rest := range literals(t, path, regexp.MustCompile(`^[a-z_]+$`)) {
		out = append(out, "temporal_"+rest)
	}
	require.Contains(t, out, "temporal_workflow_completed")
	return append(out, "temporal_request_failure", "temporal_request_latency") // spelled with two constants
}

func literals(t *testing.T, path string, matching *regexp.Regexp) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil && matching.MatchString(text) {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// constants are the texts of a file's constants whose names begin with prefix.
func constants(t *testing.T, path, prefix string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if l, ok := spec.Values[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// recorded are the names that the rules of a fleet's objectives record.
func recorded(t *testing.T) []string {
	t.Helper()
	e, err := known.Engines().Engine(serving.VLLM)
	require.NoError(t, err)
	text, skipped, err := promrules.Write(promrules.Input{Fleet: "chat", Engine: serving.VLLM, Indicators: e.Indicators(),
		Objectives: []serving.Objective{{Name: "ttft", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "by-time", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5, Target: 0.99}},
		Bounds: map[serving.Metric][]float64{serving.MetricTTFT: {0.1, 0.5, 1}}})
	require.NoError(t, err)
	require.Empty(t, skipped)
	var out []string
	for _, found := range regexp.MustCompile(`record: (\S+)`).FindAllStringSubmatch(string(text), -1) {
		out = append(out, found[1])
	}
	require.NotEmpty(t, out)
	return out
}

// empty is a store in which nothing was done; nothing but numbers is asked of it.
type empty struct{ api.Store }

func (empty) ExchangesSince(context.Context, time.Time) (map[serving.ExchangeStatus]serving.AdvisorUsage, error) {
	return nil, nil
}

func (empty) ListRuns(context.Context, api.Query) (api.Page[serving.RunRecord], error) {
	return api.Page[serving.RunRecord]{}, nil
}

// The server's page has the names that the alerts go by: what the code says it
// exports is what it exports.
func TestMetrics_ServersPage_HasTheNamesOfTheCode(t *testing.T) {
	t.Parallel()
	s, err := api.New(api.Deps{Store: empty{}, Log: slog.New(slog.DiscardHandler), Now: time.Now, NewID: func() string { return "1" }}, api.DefaultConfig())
	require.NoError(t, err)
	var page string
	for range 2 { // the first request is on the second page
		answer := httptest.NewRecorder()
		s.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		page = answer.Body.String()
	}
	for _, name := range []string{"performance_agent_api_requests_total", "performance_agent_api_request_duration_seconds_bucket", "process_open_fds", "go_goroutines"} {
		require.Contains(t, page, name)
		require.True(t, exported(t)[name], name)
	}
}
