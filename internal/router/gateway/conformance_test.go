package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// switchable is a handler that can be exchanged, as the process behind an
// address can.
type switchable struct{ current atomic.Pointer[http.Handler] }

func (s *switchable) set(h http.Handler) { s.current.Store(&h) }
func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*s.current.Load()).ServeHTTP(w, r)
}

func TestGateway_ConformsToRouter(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		options := gateway.Options{StateFile: filepath.Join(t.TempDir(), "state.json")}
		var traffic, admin switchable
		var running *gateway.Gateway
		start := func() {
			running = gateway.New(options)
			traffic.set(running.Handler())
			admin.set(running.AdminHandler())
		}
		start()
		users, control := httptest.NewServer(&traffic), httptest.NewServer(&admin)
		t.Cleanup(func() { users.Close(); control.Close(); running.Close() })
		var loser conformance.Loser
		client := &http.Client{Transport: loser.Transport(&http.Transport{})}
		user := conformance.NewUser(t, users.URL)
		return &conformance.Subject{
			Router: router.NewGatewayClient(client),
			Fleet:  serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: router.KindGateway, Address: control.URL}},
			Pools:  conformance.NewPools(t),
			Again:  func() router.Router { return router.NewGatewayClient(nil) },
			Ask:    user.Served,
			Hold:   user.Hold,
			Restart: func(*testing.T) {
				running.Close()
				start()
			},
			LoseAnswer: loser.Arm,
		}
	})
}
