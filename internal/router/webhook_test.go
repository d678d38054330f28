package router_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// receiver is the other side of the contract, as somebody would write it in front
// of a router of theirs; here the router is a gateway.
type receiver struct {
	secret []byte
	admin  atomic.Pointer[http.Handler]

	mu    sync.Mutex
	calls []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	if err := signed.Check(req, body, r.secret, time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.mu.Lock()
	r.calls = append(r.calls, req.Method+" "+req.URL.Path)
	r.mu.Unlock()
	forwarded := req.Clone(req.Context())
	forwarded.Body = io.NopCloser(bytes.NewReader(body))
	forwarded.URL.Path = "/admin" + strings.TrimPrefix(req.URL.Path, "/hooks/chat")
	(*r.admin.Load()).ServeHTTP(w, forwarded)
}

const webhookSecret = "a key that only both sides know"

func knownSecret(serving.SecretRef) ([]byte, error) { return []byte(webhookSecret), nil }

func webhookFleet(address string) serving.Fleet {
	return serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: router.KindWebhook, Address: address, Secret: "env:WEBHOOK_ROUTER"}}
}

func TestWebhook_ConformsToRouter(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		options := gateway.Options{StateFile: filepath.Join(t.TempDir(), "state.json")}
		var running atomic.Pointer[gateway.Gateway]
		hook := &receiver{secret: []byte(webhookSecret)}
		start := func() {
			g := gateway.New(options)
			admin := g.AdminHandler()
			running.Store(g)
			hook.admin.Store(&admin)
		}
		start()
		users := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			running.Load().Handler().ServeHTTP(w, r)
		}))
		control := httptest.NewServer(hook)
		t.Cleanup(func() { users.Close(); control.Close(); running.Load().Close() })
		var loser conformance.Loser
		client := &http.Client{Transport: loser.Transport(&http.Transport{})}
		user := conformance.NewUser(t, users.URL)
		return &conformance.Subject{
			Router: router.NewWebhook(client, knownSecret), Fleet: webhookFleet(control.URL + "/hooks/chat"), Pools: conformance.NewPools(t),
			Again: func() router.Router { return router.NewWebhook(nil, knownSecret) },
			Ask:   user.Served, Hold: user.Hold, LoseAnswer: loser.Arm,
			Restart: func(*testing.T) { running.Load().Close(); start() },
		}
	})
}

func TestWebhook_Routes_AreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	g := gateway.New(gateway.Options{})
	hook := &receiver{secret: []byte(webhookSecret)}
	admin := g.AdminHandler()
	hook.admin.Store(&admin)
	server := httptest.NewServer(hook)
	defer server.Close()
	w, fleet := router.NewWebhook(nil, knownSecret), webhookFleet(server.URL+"/hooks/chat/")
	require.NoError(t, w.SetEndpoints(t.Context(), fleet, serving.Stable, []string{"http://127.0.0.1:9001"}))
	require.NoError(t, w.SetWeights(t.Context(), fleet, serving.AllStable(1)))
	_, err := w.Traffic(t.Context(), fleet)
	require.NoError(t, err)
	_, err = w.Observe(t.Context(), fleet, 1, 2.5)
	require.NoError(t, err)
	_, err = w.Counters(t.Context(), fleet)
	require.NoError(t, err)
	require.Equal(t, []string{"PUT /hooks/chat/variants/stable", "PUT /hooks/chat/weights", "GET /hooks/chat/traffic",
		"GET /hooks/chat/observations", "GET /hooks/chat/counters"}, hook.calls)
}

func TestWebhook_ReceiverWithoutAMeasurement_SaysSoBy501(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) }))
	defer server.Close()
	w, fleet := router.NewWebhook(nil, knownSecret), webhookFleet(server.URL)
	_, err := w.Observe(t.Context(), fleet, 0, 1)
	require.ErrorIs(t, err, router.ErrNoSamples)
	_, err = w.Counters(t.Context(), fleet)
	require.ErrorIs(t, err, router.ErrNoCounters)
	_, err = w.Traffic(t.Context(), fleet)
	require.ErrorIs(t, err, router.ErrUnreachable, "what every router must tell may still come")
}

func TestWebhook_Redirect_IsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	err := router.NewWebhook(nil, knownSecret).SetWeights(t.Context(), webhookFleet(server.URL), serving.AllStable(1))
	require.ErrorIs(t, err, router.ErrInvalid)
	require.Zero(t, elsewhere.Load())
}

func TestWebhook_WithoutASecretOrWithAnother_IsPermanent(t *testing.T) {
	t.Parallel()
	hook := &receiver{secret: []byte("another key")}
	server := httptest.NewServer(hook)
	defer server.Close()
	fleet := webhookFleet(server.URL)
	_, err := router.NewWebhook(nil, knownSecret).Traffic(t.Context(), fleet)
	require.ErrorIs(t, err, router.ErrInvalid)
	require.ErrorContains(t, err, "401")
	_, err = router.NewWebhook(nil, signed.HostSecret).Traffic(t.Context(), fleet)
	require.ErrorIs(t, err, serving.ErrPermanent, "the process does not have the secret")
	fleet.Router.Secret = ""
	_, err = router.NewWebhook(nil, knownSecret).Traffic(t.Context(), fleet)
	require.ErrorContains(t, err, "needs a secret")
	require.Empty(t, hook.calls)
}
