package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
	"github.com/optiinfra/performance-agent/workflows"
)

const (
	alertModel = "meta-llama/Llama-3.1-8B-Instruct"
	alertToken = "s3cret"
)

// told keeps the signals that workflows were sent and the notices that were started;
// nothing else is asked of it.
type told struct {
	api.Workflows
	mu      sync.Mutex
	signals []serving.Violation
	names   []string
	notices []serving.Notice
}

func (w *told) Start(_ context.Context, s api.Start) (api.Execution, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notices = append(w.notices, s.Input.(serving.Notice))
	return api.Execution{WorkflowID: s.ID}, nil
}

func (w *told) announced() []serving.Notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.notices)
}

func (w *told) Signal(_ context.Context, workflowID, name string, payload any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, workflowID+" "+name)
	w.signals = append(w.signals, payload.(serving.Violation))
	return nil
}

func (w *told) all() ([]string, []serving.Violation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names, w.signals
}

// binary finds a program of Debian's; without it the test is skipped, unless the
// variable says that it must be there.
func binary(t *testing.T, name, required string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		require.Empty(t, os.Getenv(required), "no %s", name)
		t.Skipf("no %s (scripts/need installs it)", name)
	}
	return path
}

// background runs a process until the test ends and shows what it printed if the
// test failed.
func background(t *testing.T, path string, args ...string) {
	t.Helper()
	out := &child.Output{}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(path), out)
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// simulatedEngine serves a simulated vLLM and sends it requests until stopUsers.
func simulatedEngine(t *testing.T) (base string, stopUsers func()) {
	t.Helper()
	o, err := program.ParseOptions([]string{"-startup", "0s", "vllm", "serve", alertModel, "--host", "127.0.0.1"}, "", io.Discard)
	require.NoError(t, err)
	o.Port = 0
	p, err := program.New(o, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	socket, err := p.Bind()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	users, stopUsers := context.WithCancel(ctx)
	base = "http://" + socket.Addr().String()
	var all sync.WaitGroup
	all.Go(func() { _ = p.Run(ctx, socket) })
	all.Go(func() {
		_ = loadgen.New(loadgen.Options{}).RunTraffic(users, base, alertModel, serving.Workload{RatePerSecond: 10,
			PromptTokens: serving.Lengths{Mean: 100, CV: 0.1, Min: 8}, OutputTokens: serving.Lengths{Mean: 70, CV: 0.1, Min: 50}},
			1, func(loadgen.Request) {})
	})
	t.Cleanup(func() { cancel(); stopUsers(); all.Wait() })
	return base, stopUsers
}

// Real Prometheus scrapes a simulated engine with the rules that we generate, real
// Alertmanager tells our API, and violation and signal appear; when the users are
// gone there is no data and the alert resolves.
func TestServer_PrometheusAndAlertmanager_OpenAndResolveAViolation(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus and Alertmanager for some twenty seconds")
	}
	t.Parallel()
	prometheus, alertmanager := binary(t, "prometheus", "PROMETHEUS_REQUIRED"), binary(t, "prometheus-alertmanager", "ALERTMANAGER_REQUIRED")
	engine, stopUsers := simulatedEngine(t)
	workflowsTold := &told{}
	base, db := alertedServer(t, workflowsTold)
	fleet := fmt.Sprintf(`{"name":"chat","command_line":"vllm serve %s","hardware":{"gpu":"H100"},"replicas":1,"endpoints":[%q],
		"router":{"kind":"gateway","address":"http://127.0.0.1:1"},"provisioner":{"kind":"process"},
		"slos":[{"name":"e2e-p95","metric":"e2e","quantile":0.95,"threshold":0.3,"window_days":0.5}]}`, alertModel, engine)
	answer, content := send(t, http.MethodPost, base+"/fleets", fleet)
	require.Equal(t, http.StatusCreated, answer.StatusCode, content)
	answer, content = send(t, http.MethodPost, base+"/fleets/chat/metrics/collect", `{"window_seconds": 2}`)
	require.Equal(t, http.StatusOK, answer.StatusCode, content)
	answer, rules := send(t, http.MethodGet, base+"/fleets/chat/slos/prometheus-rules?match=job=chat", "")
	require.Equal(t, http.StatusOK, answer.StatusCode, rules)
	require.Contains(t, rules, "alert: PerformanceAgentSLOBurn")
	startAlerting(t, prometheus, alertmanager, base, engine, rules)

	const id = "chat||e2e-p95|alert-PerformanceAgentSLOBurn-page-fast"
	require.Eventually(t, func() bool {
		v, err := db.Violation(context.Background(), id)
		return err == nil && v.ResolvedAt == nil
	}, time.Minute, 100*time.Millisecond, "no violation")
	v, err := db.Violation(context.Background(), id)
	require.NoError(t, err)
	require.Equal(t, serving.AlertPage, v.Violation.Severity)
	require.Greater(t, v.Violation.Observed, v.Violation.Threshold)
	names, signals := workflowsTold.all()
	require.Contains(t, names, workflows.RolloutID("chat")+" "+workflows.SLOViolation)
	require.Equal(t, "e2e-p95", signals[0].SLO)

	stopUsers()
	require.Eventually(t, func() bool {
		v, err := db.Violation(context.Background(), id)
		return err == nil && v.ResolvedAt != nil
	}, time.Minute, 100*time.Millisecond, "it does not resolve")
	_, open := send(t, http.MethodGet, base+"/violations?fleet=chat&severity=page&state=resolved", "")
	var page api.Page[serving.ViolationRecord]
	require.NoError(t, json.Unmarshal([]byte(open), &page))
	require.NotEmpty(t, page.Items)
	kinds := map[serving.NoticeKind]bool{}
	for _, n := range workflowsTold.announced() {
		kinds[n.Kind] = true
	}
	require.Equal(t, map[serving.NoticeKind]bool{serving.NoticeViolationOpened: true, serving.NoticeViolationResolved: true}, kinds, "people are told of both")
}

// alertedServer is the API on a real store, with a token for alerts.
func alertedServer(t *testing.T, w api.Workflows) (base string, db *store.Store) {
	t.Helper()
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "agent.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	cfg := apiConfig(config.Server{AlertmanagerToken: alertToken, RatePerSecond: 1000, Burst: 1000, RequestTimeout: 20 * time.Second})
	deps := compose(config.Server{}, cfg, db, nil, slog.New(slog.DiscardHandler))
	deps.Workflows = w
	s, err := api.New(deps, cfg)
	require.NoError(t, err)
	base, stop := running(t, s)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return base + "/api/v1", db
}

// startAlerting runs both on the engine, with our rules and our webhook.
func startAlerting(t *testing.T, prometheus, alertmanager, base, engine, rules string) {
	t.Helper()
	dir := t.TempDir()
	alerts := freeAddress(t)
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	write("rules.yml", rules)
	background(t, alertmanager, "--config.file="+write("alertmanager.yml", fmt.Sprintf(`
route: {receiver: agent, group_by: [fleet, slo], group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h}
receivers:
- name: agent
  webhook_configs: [{url: %q, send_resolved: true, http_config: {authorization: {credentials: %s}}}]
`, base+"/webhooks/alertmanager", alertToken)), "--storage.path="+filepath.Join(dir, "am"), "--web.listen-address="+alerts, "--cluster.listen-address=")
	background(t, prometheus, "--config.file="+write("prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
scrape_configs: [{job_name: chat, static_configs: [{targets: [%q]}]}]
`, alerts, strings.TrimPrefix(engine, "http://"))), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+freeAddress(t))
}
