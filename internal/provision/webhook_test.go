package provision_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/conformance"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

const webhookKey = "a key that only both sides know"

// receiver is the other side of the contract, as somebody would write it in front
// of a platform of theirs; here the platform is the processes of this host.
type receiver struct {
	platform provision.Provisioner
	fleet    serving.Fleet

	mu     sync.Mutex
	orders map[serving.Variant]*order
	idle   sync.WaitGroup
}

// order is what was last asked of a variant and how far it is.
type order struct {
	wanted  provision.WebhookOrder
	state   provision.State
	reason  string
	ending  bool
	current sync.Mutex // one change at a time
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	if err := signed.Check(req, body, []byte(webhookKey), time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	v := serving.Variant(filepath.Base(req.URL.Path))
	switch req.Method {
	case http.MethodGet:
		_ = json.NewEncoder(w).Encode(r.list(req.Context()))
	case http.MethodPut:
		var wanted provision.WebhookOrder
		if err := json.Unmarshal(body, &wanted); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		r.put(v, wanted)
		all := r.list(req.Context())
		i := slices.IndexFunc(all, func(f provision.WebhookVariant) bool { return f.Variant == v })
		_ = json.NewEncoder(w).Encode(all[i])
	case http.MethodDelete:
		r.remove(v)
		w.WriteHeader(http.StatusAccepted)
	}
}

func (r *receiver) put(v serving.Variant, wanted provision.WebhookOrder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, known := r.orders[v]
	if known && o.state == provision.StateStarting && !o.ending && o.wanted.Config.Equal(wanted.Config) && o.wanted.Replicas == wanted.Replicas {
		return
	}
	if !known {
		o = &order{}
		r.orders[v] = o
	}
	if o.state != provision.StateServing || !o.wanted.Config.Equal(wanted.Config) || o.wanted.Replicas != wanted.Replicas || !r.complete(v, wanted) {
		o.state = provision.StateStarting
	}
	o.wanted, o.ending = wanted, false
	r.idle.Go(func() { r.work(v, o, wanted) })
}

// complete tells whether all replicas of an order run.
func (r *receiver) complete(v serving.Variant, wanted provision.WebhookOrder) bool {
	all, _ := r.platform.Describe(context.Background(), r.fleet)
	return slices.ContainsFunc(all, func(s serving.VariantStatus) bool { return s.Variant == v && len(s.Endpoints) == wanted.Replicas })
}

func (r *receiver) work(v serving.Variant, o *order, wanted provision.WebhookOrder) {
	o.current.Lock()
	defer o.current.Unlock()
	_, err := r.platform.Ensure(context.Background(), r.fleet, serving.VariantSpec{Fleet: r.fleet.Name, Variant: v, Config: wanted.Config, Replicas: wanted.Replicas})
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.ending || !o.wanted.Config.Equal(wanted.Config) || o.wanted.Replicas != wanted.Replicas {
		return
	}
	o.state = provision.StateServing
	if err != nil {
		o.state, o.reason = provision.StateFailed, err.Error()
	}
}

func (r *receiver) remove(v serving.Variant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, known := r.orders[v]
	if !known || o.ending {
		return
	}
	o.ending, o.state = true, provision.StateStarting
	r.idle.Go(func() {
		o.current.Lock()
		defer o.current.Unlock()
		_ = r.platform.Remove(context.Background(), r.fleet, v)
		r.mu.Lock()
		defer r.mu.Unlock()
		if o.ending {
			delete(r.orders, v)
		}
	})
}

func (r *receiver) list(ctx context.Context) []provision.WebhookVariant {
	running, _ := r.platform.Describe(ctx, r.fleet)
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []provision.WebhookVariant{}
	for v, o := range r.orders {
		told := provision.WebhookVariant{Variant: v, State: o.state, Reason: o.reason, Config: o.wanted.Config, Endpoints: []string{}}
		for _, s := range running {
			if s.Variant == v && s.Config.Equal(o.wanted.Config) {
				told.Endpoints = s.Endpoints
			}
		}
		out = append(out, told)
	}
	return out
}

func knownKey(serving.SecretRef) ([]byte, error) { return []byte(webhookKey), nil }

func commandLine(c serving.EngineConfig, _ string, _ int) ([]string, error) {
	return append([]string{"engine", c.Model}, c.FlagList()...), nil
}

func newWebhook(change ...func(*provision.WebhookOptions)) *provision.Webhook {
	o := provision.WebhookOptions{Secret: knownKey, CommandLine: commandLine, StartTimeout: 30 * time.Second, Poll: 5 * time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	return provision.NewWebhook(o)
}

func webhookFleet(address string) serving.Fleet {
	return serving.Fleet{Name: "chat", Provisioner: serving.AdapterRef{Kind: provision.KindWebhook, Address: address, Secret: "env:WEBHOOK_CHAT"}}
}

func TestWebhook_Conforms(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		h := newHost(t)
		r := &receiver{platform: h.worker(), fleet: h.fleet, orders: map[serving.Variant]*order{}}
		s := httptest.NewServer(r)
		t.Cleanup(func() { s.Close(); r.idle.Wait() })
		return &conformance.Subject{Provisioner: newWebhook(), Fleet: webhookFleet(s.URL + "/hooks/chat"),
			Config: func(name string) serving.EngineConfig { return config(name) },
			Broken: config("broken", "crash"), Why: "boom, out of memory",
			Again: func() provision.Provisioner { return newWebhook() }, Kill: h.kill}
	})
}

func TestWebhook_Order_IsSignedAndHasTheWholeCommandLine(t *testing.T) {
	t.Parallel()
	var got provision.WebhookOrder
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if signed.Check(req, body, []byte(webhookKey), time.Now()) != nil || req.Method+" "+req.URL.Path != "PUT /hooks/chat/variants/canary" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		_ = json.Unmarshal(body, &got)
		_ = json.NewEncoder(w).Encode(provision.WebhookVariant{Variant: "canary", State: provision.StateServing, Config: got.Config, Endpoints: []string{"http://a", "http://b"}})
	}))
	defer s.Close()
	wanted := spec(serving.Canary, config("a"), 2)
	wanted.Hardware = serving.Hardware{GPU: "H100", GPUs: 2}
	status, err := newWebhook().Ensure(t.Context(), webhookFleet(s.URL+"/hooks/chat"), wanted)
	require.NoError(t, err)
	require.Equal(t, []string{"http://a", "http://b"}, status.Endpoints)
	require.Equal(t, provision.WebhookOrder{Config: config("a"), CommandLine: []string{"engine", "m", "--name a"}, Hardware: wanted.Hardware, Replicas: 2}, got)
}

func TestWebhook_Refusals_AreTheSentinels(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]error{401: provision.ErrInvalid, 404: provision.ErrInvalid, 422: provision.ErrInvalid, 302: provision.ErrInvalid, 507: provision.ErrNoCapacity} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.invalid/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"detail":"because of this"}`)
		}))
		_, err := newWebhook().Ensure(t.Context(), webhookFleet(s.URL), spec(serving.Canary, config("a"), 1))
		require.ErrorIs(t, err, want, status)
		require.ErrorIs(t, err, serving.ErrPermanent)
		require.ErrorContains(t, err, "because of this")
		s.Close()
	}
	for _, status := range []int{429, 500, 503} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		_, err := newWebhook().Describe(t.Context(), webhookFleet(s.URL))
		require.Error(t, err, status)
		require.NotErrorIs(t, err, serving.ErrPermanent, status)
		s.Close()
	}
	_, err := newWebhook().Describe(t.Context(), webhookFleet("http://127.0.0.1:1"))
	require.Error(t, err)
	require.NotErrorIs(t, err, serving.ErrPermanent, "a receiver may come back")
}

func TestWebhook_NeverServes_FailsWhenTheTimeIsOverAndIsForgotten(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	forgotten := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if forgotten = forgotten || req.Method == http.MethodDelete; forgotten {
			_, _ = io.WriteString(w, "[]")
			return
		}
		told := provision.WebhookVariant{Variant: "canary", State: provision.StateStarting, Reason: "loading weights"}
		if req.Method == http.MethodGet {
			_ = json.NewEncoder(w).Encode([]provision.WebhookVariant{told})
			return
		}
		_ = json.NewEncoder(w).Encode(told)
	}))
	defer s.Close()
	w := newWebhook(func(o *provision.WebhookOptions) { o.StartTimeout = 10 * time.Millisecond })
	_, err := w.Ensure(t.Context(), webhookFleet(s.URL), spec(serving.Canary, config("a"), 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorContains(t, err, "loading weights")
	require.True(t, forgotten)
}

func TestWebhook_WithoutASecretOrAddress_CallsNobody(t *testing.T) {
	t.Parallel()
	f := webhookFleet("http://127.0.0.1:1")
	f.Provisioner.Secret = ""
	_, err := newWebhook().Describe(t.Context(), f)
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "provisioner.secret")
	_, err = newWebhook().Describe(t.Context(), webhookFleet("no address"))
	require.ErrorIs(t, err, provision.ErrInvalid)
	unreadable := newWebhook(func(o *provision.WebhookOptions) { o.Secret = signed.HostSecret })
	_, err = unreadable.Describe(t.Context(), webhookFleet("http://127.0.0.1:1"))
	require.ErrorIs(t, err, provision.ErrInvalid)
	require.ErrorContains(t, err, "not set in this process")
}

func TestWebhook_Contract_NamesEveryRouteAndState(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "webhook", "PROVISIONER.md"))
	require.NoError(t, err)
	for _, word := range []string{"GET /variants", "PUT /variants/{variant}", "DELETE /variants/{variant}", "`507`",
		string(provision.StateStarting), string(provision.StateServing), string(provision.StateFailed), "command_line", signed.SignatureHeader} {
		require.Contains(t, string(text), word)
	}
}
