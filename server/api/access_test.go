package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

// access is a line of testdata/access.tsv.
type access struct {
	role    string // "public": nobody is asked
	foreign string // "403", "404", or "allowed"; "-" where nobody is asked
}

func readAccess(t *testing.T) map[string]access {
	t.Helper()
	content, err := os.ReadFile("testdata/access.tsv")
	require.NoError(t, err)
	out := map[string]access{}
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(strings.TrimSpace(line), "\t")
		require.Len(t, fields, 3, line)
		require.NotContains(t, out, fields[0], "twice")
		out[fields[0]] = access{role: fields[1], foreign: fields[2]}
	}
	return out
}

// declared is an operation of the document.
type declared struct {
	ID       string                `json:"operationId"`
	Role     string                `json:"x-required-role"`
	Security []map[string][]string `json:"security"`
	method   string
	path     string
}

func readDeclared(t *testing.T) []declared {
	t.Helper()
	spec, err := newHarness(t).server.OpenAPI()
	require.NoError(t, err)
	var d struct {
		Paths map[string]map[string]declared `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(spec, &d))
	var out []declared
	for path, methods := range d.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			out = append(out, op)
		}
	}
	return out
}

func TestAccess_EveryOperationIsInTheTable_AsItIsDeclared(t *testing.T) {
	t.Parallel()
	table := readAccess(t)
	for _, op := range readDeclared(t) {
		want, ok := table[op.ID]
		require.True(t, ok, "%s %s (%s) is not in testdata/access.tsv: say who may", op.method, op.path, op.ID)
		if want.role == "public" {
			require.Empty(t, op.Security, op.ID)
			require.Empty(t, op.Role, op.ID)
			continue
		}
		require.Equal(t, want.role, op.Role, op.ID)
		require.Contains(t, op.Security[0], "bearer", op.ID)
	}
}

// world is an API with something of fleet chat for each operation to find, and a
// key of every kind.
type accessWorld struct {
	*harness
	keys map[string]string
}

func newAccessWorld(t *testing.T) accessWorld {
	t.Helper()
	w := accessWorld{keys: map[string]string{}}
	w.harness, _ = withKeys(t)
	h, now := w.harness, time.Unix(1_800_000_000, 0).UTC()
	h.server.Drain() // each ends at once
	h.workflows.begun = h.store.writeInsight
	past := now.Add(-time.Hour)
	hold := func(name string, k serving.APIKey) {
		k.Name = name
		w.keys[name] = h.store.held(k)
	}
	for _, role := range serving.Roles() {
		hold(string(role), serving.APIKey{Role: role})
		hold(string(role)+" of others", serving.APIKey{Role: role, Fleets: []string{"others"}})
		hold(string(role)+" of chat", serving.APIKey{Role: role, Fleets: []string{"chat"}})
	}
	hold("revoked", serving.APIKey{Role: serving.RoleAdmin, RevokedAt: &past})
	hold("expired", serving.APIKey{Role: serving.RoleAdmin, ExpiresAt: &past})
	w.keys["wrong"] = api.NewKey()
	require.Equal(t, http.StatusCreated, h.as(w.keys["admin"], http.MethodPost, "/api/v1/fleets", fleetBody()).Code)
	h.world.variants = []serving.VariantStatus{{Variant: serving.Stable, Endpoints: []string{replica}}}
	h.world.readings[replica] = []serving.Reading{reading(100, 10), reading(101, 30)}
	run, rollout, test, violation, rec := runRecord("x"), rolloutRecord("x"), tested("x", 4, 5), violationRecord("x"), recommendationRecord("x")
	run.Fleet, run.ClosedAt, rollout.Fleet, test.Fleet, violation.Fleet = "chat", &now, "chat", "chat", "chat"
	h.store.runs["x"], h.store.rollouts["x"], h.store.loadTests["x"], h.store.violations["x"], h.store.recs["x"] = run, rollout, test, violation, rec
	h.store.analyses["x"] = serving.AnalysisRecord{ID: "x", Fleet: "chat"}
	h.store.compared["x"] = serving.ComparisonRecord{ID: "x", Fleet: "chat"}
	h.workflows.status[workflows.WaveID("x")] = workflows.WaveStatus{ID: "x", Fleets: []workflows.WaveFleet{{Fleet: "chat"}}}
	return w
}

// send is the operation on something of fleet chat.
func (w accessWorld) send(op declared, key string) reply {
	bodies := map[string]any{
		"create-fleet": fleetBody(), "update-fleet": fleetBody(), "start-wave": waveBody("chat"),
		"create-comparison": map[string]any{"a": map[string]any{"load_tests": []string{"x"}}, "b": map[string]any{"load_tests": []string{"x"}}},
		"create-key":        map[string]any{"name": "ci", "role": "viewer"},
	}
	w.store.schedules["x"] = nightly("x") // whoever was before may have deleted it
	body := bodies[op.ID]
	if body == nil && op.method != http.MethodGet {
		body = map[string]any{}
	}
	if key == "" {
		return w.do(op.method, fill(op.path), body)
	}
	return w.as(w.keys[key], op.method, fill(op.path), body)
}

// Every operation of the document, with every kind of credential.
func TestAccess_Matrix(t *testing.T) {
	t.Parallel()
	table, cells := readAccess(t), 0
	for _, op := range readDeclared(t) {
		want, w := table[op.ID], newAccessWorld(t)
		expect := func(key string, status ...int) {
			t.Helper()
			cells++
			r := w.send(op, key)
			require.Contains(t, status, r.Code, "%s %s with %q: %s", op.method, op.path, key, r.Body.String())
			r.problem()
		}
		allow := func(key string) {
			t.Helper()
			cells++
			r := w.send(op, key)
			require.NotContains(t, []int{401, 403}, r.Code, "%s %s with %q: %s", op.method, op.path, key, r.Body.String())
			if want.foreign == "404" {
				require.NotEqual(t, http.StatusNotFound, r.Code, "%s finds what it is asked for", op.ID)
			}
		}
		if want.role == "public" {
			for _, key := range []string{"", "wrong", "revoked", "expired", "viewer", "viewer of others"} {
				allow(key)
			}
			continue
		}
		for _, key := range []string{"", "wrong", "revoked", "expired"} {
			expect(key, http.StatusUnauthorized)
		}
		for _, role := range serving.Roles() {
			switch {
			case !role.Covers(serving.Role(want.role)):
				for _, of := range []string{"", " of others", " of chat"} {
					expect(string(role)+of, http.StatusForbidden)
				}
				continue
			case want.foreign == "allowed":
				allow(string(role) + " of others")
			default:
				status, err := strconv.Atoi(want.foreign)
				require.NoError(t, err)
				expect(string(role)+" of others", status)
			}
			allow(string(role))
		}
	}
	t.Logf("%d operations, %d cells", len(table), cells)
}

func TestAccess_OwnFleetsAreOpen(t *testing.T) {
	t.Parallel()
	table := readAccess(t)
	for _, op := range readDeclared(t) {
		global := []string{"list-audit", "list-keys", "create-key", "revoke-key", "receive-alerts", "get-orchestrator", "register-with-orchestrator", "task", "decode-payloads", "encode-payloads"}
		if want := table[op.ID]; want.role != "public" {
			r := newAccessWorld(t).send(op, "admin of chat")
			if strings.Contains(strings.Join(global, " "), op.ID) {
				require.Equal(t, http.StatusForbidden, r.Code, op.ID)
			} else {
				require.NotContains(t, []int{401, 403}, r.Code, "%s: %s", op.ID, r.Body.String())
			}
		}
	}
}
