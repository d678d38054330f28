package rig

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/router/haproxy/haproxytest"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// front is what splits the traffic of one fleet. Its sockets are held here, as
// systemd holds them, so users who come while it is away wait.
type front struct {
	service *service
	users   string // URL where they come in
	// seen is how the rig reaches it, worker how the worker does.
	seen, worker serving.AdapterRef
	control      *proxy // nil for one that is steered through a local socket
	sockets      []*os.File
}

func (c *cell) openFront(p chaos.Plan) (*front, error) {
	f := &front{}
	users, address, err := f.listen()
	if err != nil {
		return f, err
	}
	f.users = "http://" + address
	if p.Router == chaos.HAProxy {
		return f, c.openHAProxy(f, p.Fleet(), users)
	}
	return f, c.openGateway(f, p.Fleet(), users)
}

// listen makes a socket to be inherited.
func (f *front) listen() (*os.File, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listen for a router: %w", err)
	}
	defer func() { _ = l.Close() }()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		return nil, "", fmt.Errorf("socket of a router: %w", err)
	}
	f.sockets = append(f.sockets, file)
	return file, l.Addr().String(), nil
}

func (c *cell) openGateway(f *front, fleet string, users *os.File) error {
	admin, address, err := f.listen()
	if err != nil {
		return err
	}
	if f.control, err = newProxy("tcp", address); err != nil {
		return err
	}
	f.seen = serving.AdapterRef{Kind: router.KindGateway, Address: "http://" + address}
	f.worker = serving.AdapterRef{Kind: router.KindGateway, Address: "http://" + f.control.address()}
	p := child.New(c.logs(), fleet+"-gateway", nil, c.tools.Self, asGateway, filepath.Join(c.state(), fleet+".json"))
	p.Inherit(users, admin)
	f.service, err = keep("gateway of "+fleet, p, c.out)
	return err
}

func (c *cell) openHAProxy(f *front, fleet string, users *os.File) error {
	dir := filepath.Join(c.state(), fleet)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("folder of HAProxy: %w", err)
	}
	config, err := haproxytest.Configure(c.tools.Root, dir, fleet)
	if err != nil {
		return err
	}
	f.seen = serving.AdapterRef{Kind: haproxy.Kind, Address: haproxytest.Address(dir)}
	f.worker = f.seen
	p := child.New(c.logs(), fleet+"-haproxy", haproxytest.Environment(dir), c.tools.HAProxy, "-W", "-f", config)
	p.Inherit(users)
	f.service, err = keep("haproxy of "+fleet, p, c.out)
	return err
}

// close ends it and its sockets.
func (f *front) close() {
	if f.service != nil {
		f.service.stop()
	}
	if f.control != nil {
		f.control.close()
	}
	for _, s := range f.sockets {
		_ = s.Close()
	}
}
