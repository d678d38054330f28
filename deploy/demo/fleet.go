package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// fleet is stable on simulated engines behind the gateway.
type fleet struct {
	record serving.Fleet
	// users is where they come in, as seen from here.
	users   string
	engines *provision.Process
	servers []*http.Server
}

// startFleet starts stable as its owners would have, with the provisioner's state
// that worker and server will find, or finds it as an earlier demo left it.
func startFleet(ctx context.Context, o options) (*fleet, error) {
	vllm, err := known.Engines().Engine(serving.VLLM)
	if err != nil {
		return nil, err
	}
	config, err := vllm.Parse(flags)
	if err != nil {
		return nil, fmt.Errorf("flags of the demo: %w", err)
	}
	f := &fleet{record: serving.Fleet{Name: fleetName, Config: config, Hardware: serving.Hardware{GPU: gpu, GPUs: 1}, Replicas: replicas,
		Router: serving.AdapterRef{Kind: "gateway", Address: "http://" + o.Admin}, Provisioner: serving.AdapterRef{Kind: "process"}}}
	f.engines = provision.NewProcess(provision.ProcessOptions{StateDir: o.StateDir, Launcher: o.launcher(),
		CommandLine: func(c serving.EngineConfig, host string, port int) ([]string, error) {
			return vllm.CommandLine(c, host, port), nil
		}})
	up, err := f.engines.Ensure(ctx, f.record, serving.VariantSpec{Fleet: fleetName, Variant: serving.Stable, Config: config, Hardware: f.record.Hardware, Replicas: replicas})
	if err != nil {
		return nil, fmt.Errorf("start the engines: %w", err)
	}
	if err := f.route(o, up.Endpoints); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

// route serves the gateway with all traffic on stable.
func (f *fleet) route(o options, endpoints []string) error {
	g := gateway.New(gateway.Options{})
	if err := g.SetEndpoints(serving.Stable, endpoints); err != nil {
		return fmt.Errorf("route to the engines: %w", err)
	}
	if err := g.SetWeights(serving.AllStable(1)); err != nil {
		return fmt.Errorf("route to the engines: %w", err)
	}
	users, err := f.serve(o.Listen, g.Handler())
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(users)
	f.users = net.JoinHostPort("127.0.0.1", port)
	_, err = f.serve(o.Admin, g.AdminHandler())
	return err
}

func (f *fleet) serve(address string, h http.Handler) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("listen for the gateway: %w", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	f.servers = append(f.servers, s)
	go func() { _ = s.Serve(l) }()
	return l.Addr().String(), nil
}

// stop ends gateway and engines, so that none is orphaned.
func (f *fleet) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, s := range f.servers {
		_ = s.Close()
	}
	if err := f.engines.RemoveAll(ctx); err != nil {
		fmt.Println("demo: engines are left over:", err)
	}
}

func join(parts []string) string { return strings.Join(parts, " ") }
