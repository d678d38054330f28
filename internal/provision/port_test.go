package provision_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestProcess_PortTakenByAStranger_AnotherIsTried(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	// The stranger answers health checks, so that an answer alone would deceive.
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer stranger.Close()
	taken := stranger.Listener.Addr().(*net.TCPAddr).Port
	var asked atomic.Int64
	p := h.worker(func(o *provision.ProcessOptions) {
		free := freeSystemPort(t)
		o.FreePort = func(string) (int, error) {
			if asked.Add(1) == 1 {
				return taken, nil
			}
			return free, nil
		}
	})
	status := h.ensure(p, serving.Stable, config("a"), 1)
	require.NotContains(t, status.Endpoints[0], strconv.Itoa(taken))
	require.EqualValues(t, 2, asked.Load())
	require.Len(t, h.running(), 1)
}

func TestProcess_PortAlwaysTaken_IsWorthARetryAndLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	taken := stranger.Listener.Addr().(*net.TCPAddr).Port
	p := h.worker(func(o *provision.ProcessOptions) { o.FreePort = func(string) (int, error) { return taken, nil } })
	_, err := p.Ensure(t.Context(), h.fleet, spec(serving.Stable, config("a"), 1))
	require.Error(t, err)
	require.NotErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "address already in use")
	h.requireNothing(serving.Stable)
}

// freeSystemPort finds a port below those of outgoing connections, which the
// tests beside this one open by the hundred.
func freeSystemPort(t *testing.T) int {
	t.Helper()
	for {
		port := 10_000 + rand.IntN(10_000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
}
