package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/orchestrator"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// testOrchestrator follows the protocol of an OptiInfra orchestrator over HTTP.
type testOrchestrator struct {
	mu         sync.Mutex
	registered []map[string]any
	beats      map[string]int
	statuses   []any
	left       []string
}

func (o *testOrchestrator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/agents/register":
		o.registered = append(o.registered, body)
		id := fmt.Sprintf("a%d", len(o.registered))
		o.beats[id] = 0
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"agent_id": id, "heartbeat_url": "/agents/" + id + "/heartbeat", "heartbeat_interval_seconds": 1})
	case len(part) == 3 && part[2] == "heartbeat":
		if _, known := o.beats[part[1]]; !known {
			http.NotFound(w, r)
			return
		}
		o.beats[part[1]]++
		o.statuses = append(o.statuses, body["status"])
	case len(part) == 3 && part[2] == "unregister":
		o.left = append(o.left, part[1])
	}
}

func (o *testOrchestrator) see(t *testing.T, what string, when func() bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return when()
	}, time.Minute, 10*time.Millisecond, what)
}

// finished is a Temporal whose runs end as soon as they begin.
type finished struct {
	api.Workflows
	db *store.Store
}

func (f finished) Start(ctx context.Context, s api.Start) (api.Execution, error) {
	now := time.Now().UTC()
	e := api.Execution{WorkflowID: s.ID, RunID: "run-1"}
	return e, f.db.SaveRun(ctx, serving.RunRecord{ID: e.RunID, WorkflowID: e.WorkflowID, Fleet: s.Fleet, Phase: "done",
		Outcome: serving.OutcomeNoImprovement, Reason: "it is good as it is", StartedAt: now, UpdatedAt: now, ClosedAt: &now})
}

func (finished) Running(context.Context, string) (api.Execution, bool, error) {
	return api.Execution{}, false, nil
}

func TestServer_UnderAnOrchestrator_IsAMemberThatTakesTasks(t *testing.T) {
	t.Parallel()
	o := &testOrchestrator{beats: map[string]int{}}
	upstream := httptest.NewServer(o)
	defer upstream.Close()
	_, db := newServer(t)
	log := slog.New(slog.DiscardHandler)
	settings := config.Server{Listen: ":8002", OrchestratorURL: upstream.URL, AdvertiseAddress: "perf.test:8002"}
	deps := compose(settings, apiDefaults(), db, nil, log)
	deps.Workflows, deps.Checks = finished{db: db}, []api.Check{{Name: "store", Probe: db.Ping}}
	m, err := newMember(settings, deps.Checks, log)
	require.NoError(t, err)
	deps.Orchestrator = m
	s, err := api.New(deps, apiDefaults())
	require.NoError(t, err)
	base, stop := running(t, s)
	life, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); m.Run(life) }()

	o.see(t, "no registration", func() bool { return len(o.registered) == 1 })
	require.Equal(t, map[string]any{"name": "performance-agent-perf.test", "type": "performance", "host": "perf.test", "port": 8002.0,
		"capabilities": []any{"optimize_kv_cache", "tune_inference"}, "version": "dev",
		"metadata": map[string]any{"task_path": "/task", "openapi": "/openapi.json"}}, o.registered[0])
	o.see(t, "no heartbeat", func() bool { return o.beats["a1"] > 0 && o.statuses[0] == "healthy" })

	created, body := send(t, http.MethodPost, base+"/api/v1/fleets", fleet)
	require.Equal(t, http.StatusCreated, created.StatusCode, body)
	taken, body := send(t, http.MethodPost, base+"/task", `{"task_id": "t", "task_type": "tune_inference", "parameters": {"fleet": "chat"}, "timeout_seconds": 60}`)
	require.Equal(t, http.StatusOK, taken.StatusCode, body)
	var done api.TaskAnswer
	require.NoError(t, json.Unmarshal([]byte(body), &done))
	require.Equal(t, api.TaskCompleted, done.Status, body)
	require.Equal(t, "run-1", done.Result.RunID)

	o.see(t, "", func() bool { delete(o.beats, "a1"); return true })
	o.see(t, "it did not register again", func() bool { return len(o.registered) == 2 && o.beats["a2"] > 0 })
	end()
	<-ended
	require.Equal(t, []string{"a2"}, o.left)
	require.NoError(t, stop())
}

func TestHealth_ByWhatAnswers(t *testing.T) {
	t.Parallel()
	up := api.Check{Name: "up", Probe: func(context.Context) error { return nil }}
	down := api.Check{Name: "down", Probe: func(context.Context) error { return os.ErrDeadlineExceeded }}
	for _, k := range []struct {
		checks []api.Check
		want   orchestrator.Status
	}{{[]api.Check{up, up}, orchestrator.Healthy}, {[]api.Check{up, down}, orchestrator.Degraded}, {[]api.Check{down}, orchestrator.Unhealthy}, {nil, orchestrator.Healthy}} {
		got, _ := health(k.checks)(t.Context())
		require.Equal(t, k.want, got)
	}
}

func TestMember_Settings(t *testing.T) {
	t.Parallel()
	m, err := newMember(config.Server{}, nil, nil)
	require.NoError(t, err)
	require.Nil(t, m, "without an orchestrator there is no membership")
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("s3cret\n"), 0o600))
	for args, says := range map[string]string{
		"--orchestrator-url=hub:80":                                  "--orchestrator-url",
		"--orchestrator-url=http://hub --advertise-address=here":     "--advertise-address",
		"--orchestrator-url=http://hub --orchestrator-token=s3cret":  "--orchestrator-token",
		"--orchestrator-url=http://hub --orchestrator-token=file:/x": "--orchestrator-token",
	} {
		_, err := config.LoadServer(config.Source{Args: strings.Fields(args), Env: func(string) (string, bool) { return "", false }})
		require.ErrorContains(t, err, says)
	}
	settings, err := config.LoadServer(config.Source{Args: []string{"--orchestrator-url=http://hub", "--orchestrator-token=file:" + token},
		Env: func(string) (string, bool) { return "", false }})
	require.NoError(t, err)
	require.Equal(t, "s3cret", settings.OrchestratorToken)
}
