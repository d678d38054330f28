package orchestrator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/orchestrator"
)

// call is one request that the orchestrator got, and when.
type call struct {
	at           time.Duration
	path, bearer string
	body         map[string]any
}

// hub follows the protocol of an OptiInfra orchestrator, in the bubble's time.
type hub struct {
	began time.Time

	mu     sync.Mutex
	calls  []call
	agents map[string]bool
	serial int
	// refuse answers instead of the protocol where it returns a status.
	refuse func(path string) int
	// answer is what a registration is told besides its ID.
	heartbeatURL string
	interval     any
}

func newHub() *hub {
	return &hub{began: time.Now(), agents: map[string]bool{}, interval: 30, refuse: func(string) int { return 0 }}
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := call{at: time.Since(h.began), path: r.URL.Path, bearer: r.Header.Get("Authorization")}
	_ = json.NewDecoder(r.Body).Decode(&c.body)
	h.calls = append(h.calls, c)
	if status := h.refuse(r.URL.Path); status != 0 {
		http.Error(w, "not now", status)
		return
	}
	if r.URL.Path == "/hub/agents/register" {
		h.serial++
		id := fmt.Sprintf("agent-%d", h.serial)
		h.agents[id] = true
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"agent_id": id, "heartbeat_url": h.heartbeatURL, "heartbeat_interval_seconds": h.interval})
		return
	}
	for id := range h.agents {
		if r.URL.Path == "/hub/agents/"+id+"/unregister" {
			delete(h.agents, id)
			return
		}
		if r.URL.Path == "/hub/agents/"+id+"/heartbeat" {
			return
		}
	}
	http.NotFound(w, r)
}

// RoundTrip serves without a network, which has no virtual time.
func (h *hub) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

func (h *hub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.agents)
}

func (h *hub) refuseAll(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuse = func(string) int { return status }
}

func (h *hub) log() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]call(nil), h.calls...)
}

func (h *hub) paths() []string {
	var out []string
	for _, c := range h.log() {
		out = append(out, fmt.Sprintf("%v %s", c.at, c.path))
	}
	return out
}

func member(t *testing.T, h http.RoundTripper) *orchestrator.Member {
	t.Helper()
	m, err := orchestrator.New(orchestrator.Options{
		HTTP: &http.Client{Transport: h}, URL: "http://orchestrator.test/hub", Token: "secret",
		Self: orchestrator.Registration{Name: "perf-1", Type: "performance", Host: "10.0.0.1", Port: 8002, Version: "1",
			Capabilities: []string{"optimize_kv_cache", "tune_inference"}, Metadata: map[string]any{"api": "/openapi.json"}},
		Health: func(context.Context) (orchestrator.Status, map[string]any) {
			return orchestrator.Degraded, map[string]any{"store": "down"}
		},
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	require.NoError(t, err)
	return m
}

// during lets a member live for so long, and then end.
func during(t *testing.T, m *orchestrator.Member, life time.Duration, meanwhile func()) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), life)
	defer stop()
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	if meanwhile != nil {
		meanwhile()
	}
	<-done
}

func TestMember_RegistersBeatsAndTakesItsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		m := member(t, h)
		during(t, m, 70*time.Second, nil)
		require.Equal(t, []string{"0s /hub/agents/register", "30s /hub/agents/agent-1/heartbeat", "1m0s /hub/agents/agent-1/heartbeat",
			"1m10s /hub/agents/agent-1/unregister"}, h.paths())
		calls := h.log()
		require.Equal(t, map[string]any{"name": "perf-1", "type": "performance", "host": "10.0.0.1", "port": 8002.0, "version": "1",
			"capabilities": []any{"optimize_kv_cache", "tune_inference"}, "metadata": map[string]any{"api": "/openapi.json"}}, calls[0].body)
		require.Equal(t, map[string]any{"status": "degraded", "metadata": map[string]any{"store": "down"}}, calls[1].body)
		for _, c := range calls {
			require.Equal(t, "Bearer secret", c.bearer)
		}
		require.False(t, m.State().Registered)
	})
}

func TestMember_ForgottenAgent_RegistersAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		m := member(t, h)
		during(t, m, 65*time.Second, func() {
			synctest.Wait()
			require.Equal(t, "agent-1", m.State().AgentID)
			h.forget()
		})
		require.Equal(t, []string{"0s /hub/agents/register", "30s /hub/agents/agent-1/heartbeat", "30s /hub/agents/register",
			"1m0s /hub/agents/agent-2/heartbeat", "1m5s /hub/agents/agent-2/unregister"}, h.paths())
		require.Equal(t, 2, m.State().Registrations)
	})
}

func TestMember_AbsentOrchestrator_IsAskedLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		h.refuse = func(string) int { return http.StatusServiceUnavailable }
		m := member(t, h)
		during(t, m, 2*time.Minute, func() {
			synctest.Wait()
			require.Contains(t, m.State().LastError, "503: not now")
		})
		require.Equal(t, []string{"0s /hub/agents/register", "1s /hub/agents/register", "3s /hub/agents/register", "7s /hub/agents/register",
			"15s /hub/agents/register", "31s /hub/agents/register", "1m1s /hub/agents/register", "1m31s /hub/agents/register"}, h.paths(),
			"it goes on, and one who never registered has nothing to leave")
	})
}

// The orchestrator calls an agent unhealthy after 45 s of silence: a lost heartbeat
// must be made good before.
func TestMember_HeartbeatLost_IsRepeatedWithinTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		lost := 2
		h.refuse = func(path string) int {
			if path == "/hub/agents/agent-1/heartbeat" && lost > 0 {
				lost--
				return http.StatusBadGateway
			}
			return 0
		}
		m := member(t, h)
		during(t, m, 40*time.Second, nil)
		require.Equal(t, []string{"0s /hub/agents/register", "30s /hub/agents/agent-1/heartbeat", "31s /hub/agents/agent-1/heartbeat",
			"33s /hub/agents/agent-1/heartbeat", "40s /hub/agents/agent-1/unregister"}, h.paths())
		require.Empty(t, m.State().LastError)
	})
}

// silent never answers.
type silent struct{ asked chan struct{} }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked <- struct{}{}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestMember_SlowOrchestrator_NeitherBlocksStateNorTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := silent{make(chan struct{}, 100)}
		m := member(t, s)
		began := time.Now()
		during(t, m, 5*time.Second, func() {
			<-s.asked
			require.False(t, m.State().Registered)
		})
		require.Equal(t, 5*time.Second, time.Since(began), "the call ends with the life of the member")
	})
}

func TestMember_AnswersOfOtherShapes_AreBounded(t *testing.T) {
	for name, k := range map[string]struct {
		url      string
		interval any
		want     string
	}{
		"another host":     {"http://evil.test/take", 30, "30s /hub/agents/agent-1/heartbeat"},
		"its own address":  {"http://orchestrator.test/hub/agents/agent-1/heartbeat", 10, "10s /hub/agents/agent-1/heartbeat"},
		"a path":           {"/hub/agents/agent-1/heartbeat", 10.5, "10.5s /hub/agents/agent-1/heartbeat"},
		"a flood":          {"", 0.001, "1s /hub/agents/agent-1/heartbeat"},
		"no interval":      {"", 0, "30s /hub/agents/agent-1/heartbeat"},
		"absurd interval":  {"", 1e300, "30s /hub/agents/agent-1/heartbeat"},
		"negative":         {"", -5, "30s /hub/agents/agent-1/heartbeat"},
		"unparsable local": {"::", 30, "30s /hub/agents/agent-1/heartbeat"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub()
				h.heartbeatURL, h.interval = k.url, k.interval
				during(t, member(t, h), 31*time.Second, nil)
				require.Equal(t, k.want, h.paths()[1])
			})
		})
	}
}

func TestMember_AskedToRegister_DoesSoNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		m := member(t, h)
		during(t, m, 35*time.Second, func() {
			<-time.After(10 * time.Second) // of the bubble's time
			state, err := m.Register(t.Context())
			require.NoError(t, err)
			require.Equal(t, "agent-2", state.AgentID)
			h.refuseAll(http.StatusTeapot)
			_, err = m.Register(t.Context())
			require.ErrorContains(t, err, "418")
			h.refuseAll(0)
		})
		require.Contains(t, h.paths(), "30s /hub/agents/agent-2/heartbeat", "a refused registration leaves the one before in force")
	})
}

func TestMember_OddAgentID_CannotLeadElsewhere(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "../../admin"} {
		var asked []string
		h := roundTripper(func(r *http.Request) *http.Response {
			asked = append(asked, r.URL.EscapedPath())
			w := httptest.NewRecorder()
			w.WriteHeader(http.StatusCreated)
			_ = json.NewEncoder(w).Encode(map[string]any{"agent_id": id})
			return w.Result()
		})
		m := member(t, h)
		_, err := m.Register(t.Context())
		if id == "../../admin" {
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			stop()
			m.Run(ctx)
			require.Equal(t, []string{"/hub/agents/register", "/hub/agents/..%2F..%2Fadmin/unregister"}, asked)
			continue
		}
		require.ErrorContains(t, err, "agent_id", id)
	}
}

type roundTripper func(*http.Request) *http.Response

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func TestNew_AddressThatIsNone_IsRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "orchestrator:8080", "ftp://x", "http://", "http://a b"} {
		_, err := orchestrator.New(orchestrator.Options{URL: url})
		require.ErrorContains(t, err, "http", url)
	}
}
