package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// newServer is the API on a real store, without Temporal.
func newServer(t *testing.T) (*api.Server, *store.Store) {
	t.Helper()
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "agent.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	cfg := apiDefaults()
	s, err := api.New(compose(config.Server{}, cfg, db, nil, slog.New(slog.DiscardHandler)), cfg)
	require.NoError(t, err)
	return s, db
}

// running serves it on a port until stop, which returns what serve returned.
func running(t *testing.T, s *api.Server) (base string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, l, s, s.Handler(), drain{patience: patience}) }()
	t.Cleanup(cancel)
	return "http://" + l.Addr().String(), func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(30 * time.Second):
			t.Fatal("the server does not end")
			return nil
		}
	}
}

func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer, string(content)
}

const fleet = `{"name":"chat","command_line":"vllm serve m --max-num-seqs 16","hardware":{"gpu":"H100"},"replicas":1,
"router":{"kind":"gateway","address":"http://127.0.0.1:1"},"provisioner":{"kind":"process"},
"slos":[{"name":"ttft-p95","metric":"ttft","quantile":0.95,"threshold":1}]}`

func TestServer_OnARealStore_KeepsItsPromises(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	base, stop := running(t, s)
	fleets := base + "/api/v1/fleets"

	first, body := send(t, http.MethodPost, fleets, fleet, "Idempotency-Key", "k", "X-Actor", "ana")
	require.Equal(t, http.StatusCreated, first.StatusCode, body)
	again, same := send(t, http.MethodPost, fleets, fleet, "Idempotency-Key", "k", "X-Actor", "ana")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, body, same)
	require.Equal(t, first.Header.Get("ETag"), again.Header.Get("ETag"))
	reused, _ := send(t, http.MethodPost, fleets, `{"name":"x"}`, "Idempotency-Key", "k", "X-Actor", "ana")
	require.Equal(t, http.StatusUnprocessableEntity, reused.StatusCode)
	taken, _ := send(t, http.MethodPost, fleets, fleet)
	require.Equal(t, http.StatusConflict, taken.StatusCode)

	changed, _ := send(t, http.MethodPost, fleets+"/chat/slos", `{"name":"errors","metric":"error_rate","threshold":0.01}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusCreated, changed.StatusCode)
	stale, _ := send(t, http.MethodDelete, fleets+"/chat/slos/errors", "", "If-Match", `"1"`)
	require.Equal(t, http.StatusPreconditionFailed, stale.StatusCode)

	for path, status := range map[string]int{
		"/fleets/none": 404, "/runs/none": 404, "/rollouts/none": 404, "/loadtests/none": 404, "/violations/none": 404,
		"/analyses/none": 404, "/recommendations/none": 404, "/fleets/chat/metrics": 404,
		"/fleets": 200, "/runs": 200, "/rollouts": 200, "/loadtests": 200, "/violations": 200, "/audit?actor=ana": 200,
		"/fleets/chat/analyses": 200, "/fleets/chat/recommendations": 200, "/fleets/chat/metrics/history": 200,
		"/fleets/chat/slo-status": 200, "/fleets?cursor=nonsense": 422,
	} {
		r, body := send(t, http.MethodGet, base+"/api/v1"+path, "")
		require.Equal(t, status, r.StatusCode, "%s: %s", path, body)
	}
	_, audit := send(t, http.MethodGet, base+"/api/v1/audit", "")
	require.Equal(t, 1, strings.Count(audit, `"fleet.create"`), "the replay changed nothing")
	require.Equal(t, 1, strings.Count(audit, `"slo.create"`))
	require.NoError(t, stop())
}

func TestServer_Lists_PageThroughEverythingOnce(t *testing.T) {
	t.Parallel()
	s, db := newServer(t)
	base, stop := running(t, s)
	at := time.Now()
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, db.SaveRun(context.Background(), serving.RunRecord{ID: id, WorkflowID: "optimize:chat", Fleet: "chat", StartedAt: at, UpdatedAt: at}))
	}
	_, body := send(t, http.MethodGet, base+"/api/v1/runs?fleet=chat&limit=2", "")
	cursor := between(body, `"next_cursor":"`, `"`)
	require.NotEmpty(t, cursor)
	_, rest := send(t, http.MethodGet, base+"/api/v1/runs?fleet=chat&limit=2&cursor="+cursor, "")
	require.NotContains(t, rest, "next_cursor")
	require.Equal(t, 3, strings.Count(body+rest, `"workflow_id"`))
	other, _ := send(t, http.MethodGet, base+"/api/v1/runs?fleet=other&limit=2&cursor="+cursor, "")
	require.Equal(t, http.StatusUnprocessableEntity, other.StatusCode, "a cursor belongs to its filter")
	require.NoError(t, stop())
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

// patience is what a server in these tests gives its running requests.
const patience = 10 * time.Second

func TestServer_EndsGracefully_WithAStreamOpen(t *testing.T) {
	t.Parallel()
	s, db := newServer(t)
	at := time.Now()
	require.NoError(t, db.SaveRun(context.Background(), serving.RunRecord{ID: "r", WorkflowID: "optimize:chat", Fleet: "chat", StartedAt: at, UpdatedAt: at}))
	require.NoError(t, db.AppendEvent(context.Background(), serving.EventRecord{Key: "k", RunID: "r", Fleet: "chat", At: at, Type: "phase", Message: "collecting"}))
	base, stop := running(t, s)
	stream, err := http.Get(base + "/api/v1/runs/r/events")
	require.NoError(t, err)
	defer func() { require.NoError(t, stream.Body.Close()) }()
	first := make([]byte, 3)
	_, err = io.ReadFull(stream.Body, first)
	require.NoError(t, err)

	began := time.Now()
	require.NoError(t, stop())

	require.Less(t, time.Since(began), patience, "the stream was ended, not waited for")
	_, err = io.ReadAll(stream.Body)
	require.NoError(t, err, "and it ended cleanly")
}

func TestPrintOpenAPI_StartsNothing(t *testing.T) {
	t.Parallel()
	require.NoError(t, run([]string{"--print-openapi"}))
}
