package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	proxy "github.com/optiinfra/performance-agent/internal/router/gateway"
)

const (
	roleUpstream = "gateway-upstream"
	roleGateway  = "gateway-gateway"
)

// Roles are what other processes of this command do for the part.
func Roles() map[string]func(context.Context, io.Writer) error {
	return map[string]func(context.Context, io.Writer) error{roleUpstream: playUpstream, roleGateway: playGateway}
}

func playUpstream(ctx context.Context, w io.Writer) error {
	u, err := newUpstream()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, u.url()); err != nil {
		return err
	}
	u.serve(ctx)
	return nil
}

// playGateway serves users and the admin API as a local stack does.
func playGateway(ctx context.Context, w io.Writer) error {
	g := proxy.New(proxy.Options{})
	defer g.Close()
	var addresses [2]string
	for i, handler := range []http.Handler{g.Handler(), g.AdminHandler()} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		go func() { _ = server.Serve(l) }() // ends with Close
		addresses[i] = "http://" + l.Addr().String()
	}
	if _, err := fmt.Fprintln(w, addresses[0], addresses[1]); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
