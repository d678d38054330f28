package api_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// What an attacker writes into addresses, paths, names and headers, and repeats. Bodies
// and connections are in securityconnections_test.go, pages in securitypages_test.go;
// docs/security.md has the list of all.

func TestSecurity_AddressesOfFleets_LeadNowhereElse(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]", "http://[::ffff:a9fe:a9fe]", "http://[64:ff9b::a9fe:a9fe]",
		"http://2852039166", "http://0xA9FEA9FE", "http://0251.0376.0251.0376", "http://169.254.43518", "http://metadata.google.internal",
		"http://[fe80::1%25eth0]", "http://[fd00:ec2::254]", "http://100.100.100.200", "http://0.0.0.0:8002", "http://[::]:8002", "http://8.8.8.8",
		"http://10.0.0.1@169.254.169.254", "http://user:pass@10.0.0.1", "http://10.0.0.1#@169.254.169.254", "http://10.0.0.1?x=1",
		"file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "unix:///var/run/docker.sock", "//10.0.0.1", "http://", "http://rebinding.example",
	} {
		h := newHarness(t)
		h.world.names = map[string]netip.Addr{"rebinding.example": netip.MustParseAddr("169.254.169.254"),
			"metadata.google.internal": netip.MustParseAddr("169.254.169.254"),
			// What a C resolver makes of them.
			"2852039166": netip.MustParseAddr("169.254.169.254"), "0xA9FEA9FE": netip.MustParseAddr("169.254.169.254"),
			"0251.0376.0251.0376": netip.MustParseAddr("169.254.169.254"), "169.254.43518": netip.MustParseAddr("169.254.169.254")}
		for field, body := range map[string]any{
			"body.router.address":  fleetBody(set("router", map[string]any{"kind": "gateway", "address": address})),
			"body.endpoints[0]":    fleetBody(set("endpoints", []string{address})),
			"body.metrics.address": fleetBody(set("metrics", map[string]any{"kind": "prometheus", "address": address})),
		} {
			r := h.do(http.MethodPost, "/api/v1/fleets", body)
			require.Equal(t, http.StatusUnprocessableEntity, r.Code, "%s: %s: %s", field, address, r.Body.String())
			require.Contains(t, fieldsOf(r.problem()), field, address)
		}
	}
}

func TestSecurity_PathTricks_LeadToNoOtherRoute(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	viewer := h.store.held(serving.APIKey{Name: "v", Role: serving.RoleViewer, Fleets: []string{"eu"}})
	for _, path := range []string{
		"/api/v1/fleets/..%2f..%2fkeys", "/api/v1/fleets/eu/../../keys", "/api/v1//keys", "/api/v1/./keys", "/api/v1/keys/", "/api/v1/keys%2f",
		"/api/v1/fleets/eu%2f..%2fus", "/api/v1/fleets/us%00", "/api/v1/fleets/%2e%2e/keys", "/API/V1/keys", "/health/../api/v1/keys", "/docs/5.35.0/../../api/v1/keys",
		"/docs/5.35.0/..%2f..%2fapi/v1/keys", "/docs/5.35.0/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/health/detailed%2f",
	} {
		for _, key := range []string{viewer, ""} {
			var r reply
			if r = h.do(http.MethodGet, path, nil); key != "" {
				r = h.as(key, http.MethodGet, path, nil)
			}
			require.Contains(t, []int{301, 307, 401, 403, 404}, r.Code, "%q: %s", path, r.Body.String())
			require.NotContains(t, r.Body.String(), "root:")
		}
	}
}

func TestSecurity_HeadersOfACaller_ReachNoAnswerAndNoLogLine(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/fleets", nil)
	for _, name := range []string{"X-Request-Id", "X-Actor", "Idempotency-Key", "If-Match"} {
		r.Header[name] = []string{"a\r\nSet-Cookie: owned=1"}
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	var raw bytes.Buffer
	require.NoError(t, w.Result().Write(&raw))
	require.Empty(t, w.Result().Cookies())
	require.NotContains(t, raw.String(), "owned")
	lines := bufio.NewScanner(strings.NewReader(h.log.String()))
	for lines.Scan() {
		require.NotContains(t, lines.Text(), "owned")
	}
}

func TestSecurity_SQLAndTemplates_AreWords(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"' OR '1'='1", `"; DROP TABLE fleets; --`, "{{.Store}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "%00", "../../etc/passwd"} {
		h := newHarness(t).withFleet()
		r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(set("name", word)))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, word)
		require.Equal(t, "application/problem+json", r.Header().Get("Content-Type"))
		require.Contains(t, r.Header().Get("Content-Security-Policy"), "default-src 'none'")
		note := h.do(http.MethodPost, "/api/v1/violations/none/acknowledge", map[string]any{"note": word})
		require.Equal(t, http.StatusNotFound, note.Code)
		require.Len(t, h.store.fleets, 1)
	}
}

func TestSecurity_IdempotencyKeys_AreOfOneCredential(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	ann := h.store.held(serving.APIKey{Name: "ann", Role: serving.RoleOperator})
	eve := h.store.held(serving.APIKey{Name: "eve", Role: serving.RoleOperator})
	require.Equal(t, http.StatusCreated, h.as(ann, http.MethodPost, "/api/v1/fleets", fleetBody(), "Idempotency-Key", "k").Code)
	r := h.as(eve, http.MethodPost, "/api/v1/fleets", fleetBody(), "Idempotency-Key", "k", "X-Actor", "ann")
	require.Empty(t, r.Header().Get("Idempotency-Replayed"), "eve is not given what ann was answered")
	require.Equal(t, http.StatusConflict, r.Code)
	require.Equal(t, "true", h.as(ann, http.MethodPost, "/api/v1/fleets", fleetBody(), "Idempotency-Key", "k").Header().Get("Idempotency-Replayed"))
}

// Whoever learns a key of somebody's cannot have another order done, or told, under it.
func TestSecurity_IdempotencyKeys_AreOfOneRequest(t *testing.T) {
	t.Parallel()
	h, _ := withKeys(t)
	held := serving.APIKey{Name: "ann", Role: serving.RoleOperator}
	ann := h.store.held(held)
	order := func(path string, body any) reply {
		return h.as(ann, http.MethodPost, path, body, "Idempotency-Key", "k")
	}
	require.Equal(t, http.StatusCreated, order("/api/v1/fleets", fleetBody()).Code)
	for name, r := range map[string]reply{
		"other body":  order("/api/v1/fleets", fleetBody(set("name", "other"))),
		"other path":  order("/api/v1/fleets/chat/monitor/start", fleetBody()),
		"other query": order("/api/v1/fleets?x=1", fleetBody()),
		"no body":     order("/api/v1/fleets", nil),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, name)
		require.Equal(t, "header.Idempotency-Key", fieldsOf(r.problem()), name)
		require.Empty(t, r.Header().Get("Idempotency-Replayed"), name)
	}
	require.Len(t, h.store.fleets, 1)
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodPost, "/api/v1/fleets", fleetBody(), "Idempotency-Key", "k", "X-Actor", "ann").Code,
		"nobody is given an answer again without a credential")
}

const (
	waitLimit = time.Minute
	testPoll  = 10 * time.Millisecond
)
