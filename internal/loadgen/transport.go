package loadgen

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// dialTimeout is generous for one data centre and far below any request
	// timeout, so an address that swallows packets is told from a slow engine.
	dialTimeout = 5 * time.Second
	// idleTimeout is below the 5 s after which uvicorn, in front of vLLM and
	// SGLang, closes an idle connection. A request sent on a connection that is
	// being closed would fail and be blamed on the engine.
	idleTimeout = 3 * time.Second
	// idlePerHost keeps the connections of a burst for the next one; the default
	// of 2 would dial for nearly every request.
	idlePerHost = 4096
)

// NewClient is an HTTP client fit for load: one connection a stream in flight
// without a cap, kept for reuse, no compression (it would hold tokens back), no
// proxy from the environment, no redirects (they would hide a hop). control judges
// each address that is dialled; nil allows all.
func NewClient(control func(ctx context.Context, network, address string, c syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, ControlContext: control}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:               nil,
			DialContext:         dialer.DialContext,
			DisableCompression:  true,
			MaxIdleConnsPerHost: idlePerHost,
			IdleConnTimeout:     idleTimeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
