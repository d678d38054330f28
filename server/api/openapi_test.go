package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

// contract are the routes of the design that are served, as "METHOD path".
func contract() []string {
	var out []string
	add := func(prefix string, list ...string) {
		for _, l := range list {
			method, path, _ := strings.Cut(l, " ")
			out = append(out, method+" "+prefix+path)
		}
	}
	add("", "GET /health", "GET /health/live", "GET /health/ready", "GET /health/detailed", "GET /metrics", "GET /version", "POST /task", "POST /session", "GET /session", "DELETE /session", "POST /codec/decode", "POST /codec/encode", "GET /openapi.json", "GET /docs")
	add("/api/v1",
		"POST /fleets", "GET /fleets", "GET /fleets/{fleet}", "PUT /fleets/{fleet}", "DELETE /fleets/{fleet}", "POST /fleets/{fleet}/probe",
		"GET /fleets/{fleet}/config", "GET /fleets/{fleet}/workload", "GET /fleets/{fleet}/traffic",
		"POST /fleets/{fleet}/metrics/collect", "GET /fleets/{fleet}/metrics", "GET /fleets/{fleet}/metrics/latency",
		"GET /fleets/{fleet}/metrics/throughput", "GET /fleets/{fleet}/metrics/cache", "GET /fleets/{fleet}/metrics/gpu", "POST /metrics/normalize", "GET /fleets/{fleet}/metrics/history",
		"GET /fleets/{fleet}/metrics/trends", "GET /fleets/{fleet}/metrics/compare", "POST /analyses/preview",
		"POST /fleets/{fleet}/analyses", "GET /fleets/{fleet}/analyses", "GET /analyses/{id}",
		"POST /fleets/{fleet}/recommendations", "GET /fleets/{fleet}/recommendations",
		"POST /fleets/{fleet}/recommendations/kv-cache", "POST /fleets/{fleet}/recommendations/quantization",
		"POST /fleets/{fleet}/recommendations/batching", "POST /fleets/{fleet}/recommendations/parallelism", "GET /recommendations/{id}", "POST /recommendations/{id}/accept", "POST /recommendations/{id}/dismiss", "GET /fleets/{fleet}/recommendations/sources",
		"POST /fleets/{fleet}/insights", "GET /fleets/{fleet}/insights",
		"POST /fleets/{fleet}/loadtests", "GET /loadtests", "GET /loadtests/{id}", "GET /loadtests/{id}/results", "POST /loadtests/{id}/cancel", "POST /comparisons", "GET /comparisons", "GET /comparisons/{id}",
		"POST /fleets/{fleet}/validations", "GET /fleets/{fleet}/validations",
		"POST /fleets/{fleet}/runs", "GET /runs", "GET /runs/{id}", "GET /runs/{id}/trials", "GET /runs/{id}/events", "GET /overview", "GET /events", "GET /runs/{id}/report", "GET /runs/{id}/report.json",
		"POST /runs/{id}/approve", "POST /runs/{id}/reject", "POST /runs/{id}/pause", "POST /runs/{id}/resume", "POST /runs/{id}/cancel", "POST /runs/{id}/rollback",
		"POST /fleets/{fleet}/rollouts", "GET /rollouts", "GET /rollouts/{id}", "GET /rollouts/{id}/stages",
		"POST /rollouts/{id}/promote", "POST /rollouts/{id}/pause", "POST /rollouts/{id}/resume", "POST /rollouts/{id}/rollback",
		"POST /rollouts/{id}/approve", "POST /rollouts/{id}/reject", "POST /waves", "GET /waves/{id}", "POST /waves/{id}/cancel", "GET /slots",
		"POST /fleets/{fleet}/schedules", "GET /fleets/{fleet}/schedules", "GET /schedules/{id}", "PUT /schedules/{id}", "DELETE /schedules/{id}",
		"POST /fleets/{fleet}/slos", "GET /fleets/{fleet}/slos", "GET /fleets/{fleet}/slos/{slo}", "PUT /fleets/{fleet}/slos/{slo}",
		"DELETE /fleets/{fleet}/slos/{slo}", "GET /fleets/{fleet}/slos/openslo", "POST /fleets/{fleet}/slos/openslo", "GET /fleets/{fleet}/slo-status", "GET /violations", "GET /violations/{id}",
		"POST /violations/{id}/acknowledge", "POST /violations/{id}/resolve", "POST /webhooks/alertmanager", "GET /fleets/{fleet}/slos/prometheus-rules", "POST /fleets/{fleet}/monitor/start", "POST /fleets/{fleet}/monitor/stop",
		"GET /engines", "GET /engines/{engine}", "GET /engines/{engine}/parameters", "POST /engines/{engine}/validate", "GET /audit", "GET /orchestrator", "POST /orchestrator/register",
		"POST /keys", "GET /keys", "DELETE /keys/{id}")
	return out
}

type document struct {
	Paths map[string]map[string]struct {
		OperationID string   `json:"operationId"`
		Summary     string   `json:"summary"`
		Tags        []string `json:"tags"`
		Responses   map[string]struct {
			Content map[string]any `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
}

func readDocument(t *testing.T) document {
	t.Helper()
	spec, err := newHarness(t).server.OpenAPI()
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(spec, &d))
	return d
}

func TestOpenAPI_HasEveryRouteOfTheDesignAndNoOther(t *testing.T) {
	t.Parallel()
	var have []string
	for path, methods := range readDocument(t).Paths {
		for method := range methods {
			have = append(have, strings.ToUpper(method)+" "+path)
		}
	}
	require.ElementsMatch(t, contract(), have)
}

func TestOpenAPI_EveryOperationIsDescribedWithItsErrors(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for path, methods := range readDocument(t).Paths {
		for method, op := range methods {
			name := method + " " + path
			require.NotEmpty(t, op.Summary, name)
			require.NotEmpty(t, op.Tags, name)
			require.NotEmpty(t, op.OperationID, name)
			require.False(t, ids[op.OperationID], "%s is used twice", op.OperationID)
			ids[op.OperationID] = true
			success := slices.ContainsFunc([]string{"200", "201", "202", "204"}, func(s string) bool { _, ok := op.Responses[s]; return ok })
			require.True(t, success, name)
			want := []string{"429", "500"}
			if strings.Contains(path, "{") {
				want = append(want, "404", "422")
			}
			if method == "post" {
				want = append(want, "409")
			}
			for _, code := range want {
				require.Contains(t, op.Responses, code, name)
			}
			for code, r := range op.Responses {
				if code >= "400" {
					require.Contains(t, r.Content, "application/problem+json", name+" "+code)
				}
			}
		}
	}
}

// Everything that changes something is audited; what only computes or reads is not.
func TestOpenAPI_EveryMutationIsAudited(t *testing.T) {
	t.Parallel()
	h := withReplica(t, func(d *api.Deps, _ *api.Config) { d.Orchestrator = &fakeOrchestrator{} })
	h.store.runs["x"] = runRecord("x")
	h.store.rollouts["x"] = rolloutRecord("x")
	h.store.loadTests["x"], h.store.loadTests["y"] = loadTestRecord("x"), tested("y", 4, 5)
	h.store.violations["x"] = violationRecord("x")
	h.store.recs["x"] = recommendationRecord("x")
	h.store.schedules["x"] = nightly("x")
	h.workflows.begun = h.store.writeInsight
	bodies := map[string]any{
		"/api/v1/webhooks/alertmanager": map[string]any{"alerts": []any{}},
		"/api/v1/keys":                  map[string]any{"name": "ci", "role": "viewer"},
		"/api/v1/fleets":                fleetBody(set("name", "second")), "/api/v1/fleets/{fleet}": fleetBody(),
		"/api/v1/fleets/{fleet}/rollouts": change("--max-num-seqs", "64"), "/api/v1/fleets/{fleet}/slos": errorsSLO(.1),
		"/api/v1/fleets/{fleet}/slos/{slo}":   map[string]any{"metric": "ttft", "quantile": .9, "threshold": 1},
		"/api/v1/fleets/{fleet}/slos/openslo": h.do(http.MethodGet, openSLOPath, nil).Body.String(),
		"/api/v1/fleets/{fleet}/loadtests":    loadTestBody(),
		"/api/v1/fleets/{fleet}/validations":  map[string]any{"candidate": "http://127.0.0.1:8001"},
		"/api/v1/comparisons":                 map[string]any{"a": map[string]any{"load_tests": []string{"y"}}, "b": map[string]any{"load_tests": []string{"y"}}},
		"/session":                            map[string]any{"key": "any"},
		"/task":                               task(set("timeout_seconds", .01)),
		"/api/v1/waves":                       waveBody("chat"),
		"/api/v1/fleets/{fleet}/schedules":    scheduleBody(with("name", "weekly")), "/api/v1/schedules/{id}": scheduleBody(),
		"/api/v1/fleets/{fleet}/metrics/collect": map[string]any{"window_seconds": 1},
	}
	reads := []string{"POST /api/v1/metrics/normalize", "POST /api/v1/fleets/{fleet}/probe", "POST /api/v1/engines/{engine}/validate", "POST /api/v1/analyses/preview", "POST /codec/decode", "POST /codec/encode"}
	for _, route := range contract() {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet || method == http.MethodDelete || slices.Contains(reads, route) || strings.HasSuffix(path, "/dismiss") {
			continue // deletes come last; the accepted recommendation cannot be dismissed
		}
		before := len(h.store.actions())
		r := h.do(method, fill(path), bodies[path])
		require.Less(t, r.Code, 300, "%s: %s", route, r.Body.String())
		require.Len(t, h.store.actions(), before+1, route)
	}
	h.store.held(serving.APIKey{ID: "x", Name: "old"})
	for _, path := range []string{"/api/v1/schedules/{id}", "/api/v1/fleets/{fleet}/slos/{slo}", "/api/v1/fleets/{fleet}", "/api/v1/keys/{id}"} {
		before := len(h.store.actions())
		require.Less(t, h.do(http.MethodDelete, fill(path), nil).Code, 300)
		require.Len(t, h.store.actions(), before+1, path)
	}
}

func fill(path string) string {
	return strings.NewReplacer("{fleet}", "chat", "{id}", "x", "{slo}", "ttft-p95", "{engine}", "vllm").Replace(path)
}
