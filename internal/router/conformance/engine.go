package conformance

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Engine is a simulated replica that streams. It reads the whole request, sends
// its events and names itself in each of them, so that a client can tell a whole,
// in-order answer of one engine from anything else. /health is no request.
type Engine struct {
	*httptest.Server
	Name   string // "canary" or "canary-1": the variant, then anything
	Events int
	// After, when set, runs after event i was sent (from 0) and may block.
	After func(i int)
	// Status other than 200 is answered with a JSON body and no stream.
	Status int
	// BreakAt cuts the connection after that many events; 0: never.
	BreakAt int

	Requests atomic.Int64
	mu       sync.Mutex
	bodies   []string
	headers  []http.Header
}

// NewEngine starts a replica that ends with the test.
func NewEngine(t testing.TB, name string, change ...func(*Engine)) *Engine {
	t.Helper()
	e := &Engine{Name: name, Events: 4, Status: http.StatusOK}
	for _, f := range change {
		f(e)
	}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

// ServeHTTP answers as an engine does.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/health" {
		return
	}
	e.Requests.Add(1)
	e.mu.Lock()
	e.bodies = append(e.bodies, string(body))
	e.headers = append(e.headers, r.Header.Clone())
	e.mu.Unlock()
	if e.Status != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(e.Status)
		_, _ = fmt.Fprintf(w, `{"error":"%s says %d"}`, e.Name, e.Status)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range e.Events {
		_, _ = fmt.Fprintf(w, "data: {\"from\":%q,\"n\":%d}\n\n", e.Name, i)
		_ = http.NewResponseController(w).Flush()
		if e.BreakAt == i+1 {
			panic(http.ErrAbortHandler)
		}
		if e.After != nil {
			e.After(i)
		}
		if address := r.Header.Get(holdHeader); i == 0 && address != "" {
			wait(r, address)
		}
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

// LastBody is the body of the latest request.
func (e *Engine) LastBody() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bodies[len(e.bodies)-1]
}

// LastHeader is the header of the latest request.
func (e *Engine) LastHeader() http.Header {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.headers[len(e.headers)-1]
}

// VariantOf is the variant that an engine's name begins with.
func VariantOf(engine string) serving.Variant {
	variant, _, _ := strings.Cut(engine, "-")
	return serving.Variant(variant)
}

// NewPools starts two engines for each variant of production.
func NewPools(t testing.TB) map[serving.Variant][]string {
	t.Helper()
	pools := map[serving.Variant][]string{}
	for _, v := range production() {
		for i := range 2 {
			pools[v] = append(pools[v], NewEngine(t, fmt.Sprintf("%s-%d", v, i)).URL)
		}
	}
	return pools
}
