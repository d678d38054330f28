package haproxy_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/router/haproxy/haproxytest"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// lossyConn hands out the whole of an answer or none of it.
type lossyConn struct {
	net.Conn
	loser  *conformance.Loser
	answer io.Reader
	err    error
}

func (c *lossyConn) Read(b []byte) (int, error) {
	if c.answer == nil {
		content, err := io.ReadAll(c.Conn)
		c.answer, c.err = bytes.NewReader(content), err
		if c.loser.Loses() {
			c.answer, c.err = bytes.NewReader(nil), conformance.ErrLost
		}
	}
	if n, err := c.answer.Read(b); n > 0 || c.err == nil {
		return n, err
	}
	return 0, c.err
}

func fleetAt(p *haproxytest.Proxy) serving.Fleet {
	return serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: haproxy.Kind, Address: p.Address}}
}

func TestHAProxy_ConformsToRouter(t *testing.T) {
	t.Parallel()
	conformance.Run(t, func(t *testing.T) *conformance.Subject {
		p := haproxytest.Start(t, "chat")
		var loser conformance.Loser
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return &lossyConn{Conn: conn, loser: &loser}, err
		}
		user := conformance.NewUser(t, p.URL)
		return &conformance.Subject{
			Router: haproxy.New(dial), Fleet: fleetAt(p), Pools: conformance.NewPools(t),
			Again: func() router.Router { return haproxy.New(nil) },
			Ask:   user.Served, Hold: user.Hold, LoseAnswer: loser.Arm,
			Restart: func(t *testing.T) { p.Restart(t) },
		}
	})
}
