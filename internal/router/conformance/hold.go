package conformance

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// hold is what an engine waits for in mid-stream: a server that answers when the
// test says so. The request carries its address, so that engine and test need
// nothing else in common.
type hold struct {
	*httptest.Server
	release func()
}

func newHold(t *testing.T) hold {
	t.Helper()
	let := make(chan struct{})
	h := hold{release: sync.OnceFunc(func() { close(let) })}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-let:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(h.Close)
	t.Cleanup(h.release)
	return h
}

// wait blocks until the hold at the address is released.
func wait(r *http.Request, address string) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address, nil)
	if err != nil {
		return
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
	}
}
