package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

var errRefused = errors.New("connection refused")

// harness is an API on fakes.
type harness struct {
	t         *testing.T
	store     *fakeStore
	workflows *fakeWorkflows
	clocks    *fakeClocks
	world     *fakeWorld
	log       *child.Output
	handler   http.Handler
	server    *api.Server
}

func newHarness(t *testing.T, change ...func(*api.Deps, *api.Config)) *harness {
	t.Helper()
	h := &harness{
		t: t, store: newFakeStore(), log: &child.Output{},
		workflows: &fakeWorkflows{running: map[string]api.Execution{}, status: map[string]any{}},
		clocks:    &fakeClocks{set: map[string]serving.Schedule{}},
		world:     &fakeWorld{readings: map[string][]serving.Reading{}},
	}
	var ids int
	var mu sync.Mutex
	deps := api.Deps{
		Store: h.store, Workflows: h.workflows, Clockwork: h.clocks, Variants: h.world, Router: h.world, Scraper: h.world, Resolver: h.world,
		ParsePage: scrape.Parse,
		Engines:   known.Engines(),
		Classify:  classify, Log: slog.New(slog.NewJSONHandler(h.log, nil)),
		Now: time.Now,
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			ids++
			return fmt.Sprintf("id-%d", ids)
		},
	}
	cfg := api.DefaultConfig()
	cfg.RouterKinds, cfg.ProvisionerKinds = []string{"gateway"}, []string{"process"}
	cfg.EventPoll, cfg.Heartbeat = 5*time.Millisecond, time.Minute
	for _, c := range change {
		c(&deps, &cfg)
	}
	server, err := api.New(deps, cfg)
	require.NoError(t, err)
	h.server, h.handler = server, server.Handler()
	return h
}

// reply is an answer, decoded.
type reply struct {
	*httptest.ResponseRecorder
	t *testing.T
}

func (r reply) into(v any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal(r.Body.Bytes(), v), r.Body.String())
}

func (r reply) problem() api.Problem {
	r.t.Helper()
	require.Equal(r.t, "application/problem+json", r.Header().Get("Content-Type"), r.Body.String())
	var p api.Problem
	r.into(&p)
	require.Equal(r.t, r.Code, p.Status)
	require.NotEmpty(r.t, p.RequestID)
	require.NotEmpty(r.t, p.Detail)
	return p
}

// do sends a request; headers are name, value, name, value.
func (h *harness) do(method, path string, body any, headers ...string) reply {
	h.t.Helper()
	var content []byte
	switch b := body.(type) {
	case nil:
	case string:
		content = []byte(b)
	default:
		var err error
		content, err = json.Marshal(b)
		require.NoError(h.t, err)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, path, bytes.NewReader(content))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return reply{w, h.t}
}

// fleetBody is a good fleet; edits change it.
func fleetBody(edits ...func(map[string]any)) map[string]any {
	b := map[string]any{
		"name":         "chat",
		"command_line": "vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16",
		"hardware":     map[string]any{"gpu": "H100"},
		"replicas":     2,
		"router":       map[string]any{"kind": "gateway", "address": "http://127.0.0.1:8100"},
		"provisioner":  map[string]any{"kind": "process"},
		"slos":         []any{map[string]any{"name": "ttft-p95", "metric": "ttft", "quantile": 0.95, "threshold": 0.5}},
	}
	for _, e := range edits {
		e(b)
	}
	return b
}

// withFleet registers the good fleet.
func (h *harness) withFleet(edits ...func(map[string]any)) *harness {
	h.t.Helper()
	r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(edits...))
	require.Equal(h.t, http.StatusCreated, r.Code, r.Body.String())
	return h
}

// fieldsOf lists the fields a problem names.
func fieldsOf(p api.Problem) string {
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Field)
	}
	return strings.Join(names, " ")
}
