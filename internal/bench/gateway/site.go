package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ErrNoTools says that a program which is needed is not on this machine.
var ErrNoTools = errors.New("a program is missing: run scripts/need haproxy vegeta")

// way is one way for users to the upstream.
type way struct {
	name string
	url  string
	pid  int // of the proxy, 0 where there is none
}

// site is everything that takes part.
type site struct {
	vegeta            string
	upstream, gateway *self.Server
	haproxy           *peer
	ways              []way
}

// open starts all; what it returns must be closed, in the case of an error, too.
func open(ctx context.Context, haproxyConfig string) (*site, error) {
	s := &site{}
	haproxy, err := lookUp("haproxy")
	if err != nil {
		return s, err
	}
	if s.vegeta, err = lookUp("vegeta"); err != nil {
		return s, err
	}
	if s.upstream, err = self.Serve(ctx, roleUpstream); err != nil {
		return s, fmt.Errorf("upstream: %w", err)
	}
	replica := s.upstream.Addresses[0]
	if err := s.openGateway(ctx, replica); err != nil {
		return s, err
	}
	if s.haproxy, err = startHAProxy(ctx, haproxy, haproxyConfig, replica); err != nil {
		return s, err
	}
	s.ways = []way{{name: Direct, url: replica}, {Ours, s.gateway.Addresses[0], s.gateway.PID()},
		{Peers, s.haproxy.url, s.haproxy.cmd.Process.Pid}}
	return s, nil
}

// lookUp also looks where Debian puts servers, which is not on everybody's path.
func lookUp(name string) (string, error) {
	for _, n := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(n); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%w: no %s", ErrNoTools, name)
}

func (s *site) openGateway(ctx context.Context, replica string) (err error) {
	if s.gateway, err = self.Serve(ctx, roleGateway); err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	fleet := serving.Fleet{Name: fleetName, Router: serving.AdapterRef{Kind: router.KindGateway, Address: s.gateway.Addresses[1]}}
	admin := router.NewGatewayClient(http.DefaultClient)
	if err := admin.SetEndpoints(ctx, fleet, serving.Stable, []string{replica}); err != nil {
		return fmt.Errorf("hand the gateway its replica: %w", err)
	}
	if err := admin.SetWeights(ctx, fleet, serving.AllStable(1)); err != nil {
		return fmt.Errorf("weights of the gateway: %w", err)
	}
	return works(ctx, s.gateway.Addresses[0])
}

// close ends everything that was started.
func (s *site) close() {
	if s.haproxy != nil {
		s.haproxy.stop()
	}
	for _, server := range []*self.Server{s.gateway, s.upstream} {
		if server != nil {
			server.Stop()
		}
	}
}

// works asks once.
func works(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+pathWhole, strings.NewReader("{}"))
	if err != nil {
		return err
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer got.Body.Close()
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: status %s", url, got.Status)
	}
	return nil
}

// until tries several times a second until it succeeds; at the end of ctx its last
// error counts.
func until(ctx context.Context, try func() error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
