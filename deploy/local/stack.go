package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api/client"
)

const (
	fleetName = "chat"
	model     = "meta-llama/Llama-3.1-8B-Instruct"
	gpu       = "H100"
	replicas  = 2
)

// traffic is what the users send: chats of some 500 tokens in and 130 out, at a
// rate that the badly tuned fleet just carries.
var traffic = serving.Workload{RatePerSecond: 10, PromptTokens: serving.Lengths{Mean: 512, CV: 0.4, Min: 32, Max: 2048},
	OutputTokens: serving.Lengths{Mean: 128, CV: 0.4, Min: 8, Max: 512}, PrefixShare: 0.3, PrefixGroups: 8}

// addresses are where the parts of the stack listen.
type addresses struct{ temporal, ui, api, gateway, admin, probe int }

func (a addresses) temporalAddr() string { return loopback(a.temporal) }
func loopback(port int) string           { return "127.0.0.1:" + strconv.Itoa(port) }

// stack is everything that runs.
type stack struct {
	setup     setup
	root, dir string
	at        addresses
	tools     tools
	api       *client.Client

	temporal, server, worker *child.Process
	gateway                  *gateway.Gateway
	listeners                []*http.Server
	engines                  *provision.Process
	users                    *users
}

func newStack(dir string, u setup) (*stack, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir)
	}
	return &stack{setup: u, root: root, dir: dir}, nil
}

func (s *stack) path(name string) string { return filepath.Join(s.dir, name) }

// start brings up the parts in the order of their needs.
func (s *stack) start(ctx context.Context, sc scenario) error {
	if err := s.clean(ctx); err != nil {
		return err
	}
	var err error
	if s.tools, err = prepare(ctx, s.root); err != nil {
		return err
	}
	if err := s.choosePorts(); err != nil {
		return err
	}
	for _, step := range []func(context.Context, scenario) error{
		s.startTemporal, s.startGateway, s.startFleet, s.startAgent, s.registerFleet,
	} {
		if err := step(ctx, sc); err != nil {
			return err
		}
	}
	s.printAddresses("")
	return nil
}

// clean stops what an earlier stack that was killed left running, and empties
// the directory.
func (s *stack) clean(ctx context.Context) error {
	s.engines = s.provisioner("")
	if err := s.engines.RemoveAll(ctx); err != nil {
		return fmt.Errorf("stop engines of an earlier stack: %w", err)
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("empty %s: %w", s.dir, err)
	}
	return os.MkdirAll(s.path("logs"), 0o755)
}

func (s *stack) choosePorts() error {
	var taken []int
	for _, p := range []struct {
		to     *int
		wanted int
	}{{&s.at.temporal, 7233}, {&s.at.ui, 8233}, {&s.at.api, 8002}, {&s.at.gateway, 8100}, {&s.at.admin, 8101}, {&s.at.probe, 8012}} {
		got, err := port(p.wanted, taken...)
		if err != nil {
			return err
		}
		*p.to, taken = got, append(taken, got)
	}
	api, err := client.New("http://" + loopback(s.at.api))
	s.api = api
	return err
}

func (s *stack) startTemporal(ctx context.Context, _ scenario) error {
	args := []string{s.tools.temporal, "server", "start-dev", "--ip", "127.0.0.1", "--port", strconv.Itoa(s.at.temporal),
		"--ui-port", strconv.Itoa(s.at.ui), "--db-filename", s.path("temporal.db"), "--log-level", "warn"}
	for _, attribute := range []string{"Fleet=Keyword", "Engine=Keyword", "Phase=Keyword", "Outcome=Keyword", "Weight=Int", "Improvement=Double"} {
		args = append(args, "--search-attribute", attribute)
	}
	s.temporal = child.New(s.path("logs"), "temporal", nil, args...)
	if err := s.temporal.Start(); err != nil {
		return err
	}
	return s.temporal.AwaitReady(ctx, time.Minute, func(ctx context.Context) error {
		return command(ctx, s.root, nil, s.tools.temporal, "operator", "cluster", "health", "--address", s.at.temporalAddr())
	})
}

func (s *stack) startGateway(context.Context, scenario) error {
	s.gateway = gateway.New(gateway.Options{StateFile: s.path("gateway.json")})
	for port, handler := range map[int]http.Handler{s.at.gateway: s.gateway.Handler(), s.at.admin: s.gateway.AdminHandler()} {
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			return fmt.Errorf("listen for the gateway: %w", err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		s.listeners = append(s.listeners, server)
		go func() { _ = server.Serve(l) }()
	}
	return nil
}

// startFleet starts the badly tuned fleet as its owners would have: with the
// same provisioner state that the worker will find.
func (s *stack) startFleet(ctx context.Context, sc scenario) error {
	if sc.fault != "" && sc.brokenAt == 0 {
		s.breakEngines(sc.fault)
	}
	fleet, err := s.fleet(sc.flags)
	if err != nil {
		return err
	}
	s.engines = s.provisioner(s.tools.llmsim)
	fmt.Printf("starting %d simulated replicas of %s by %s on %s ...\n", replicas, model, s.setup.engine, gpu)
	up, err := s.engines.Ensure(ctx, fleet, serving.VariantSpec{Fleet: fleetName, Variant: serving.Stable,
		Config: fleet.Config, Hardware: fleet.Hardware, Replicas: replicas})
	if err != nil {
		return fmt.Errorf("start the fleet: %w", err)
	}
	if err := s.gateway.SetEndpoints(serving.Stable, up.Endpoints); err != nil {
		return fmt.Errorf("route to the fleet: %w", err)
	}
	if err := s.gateway.SetWeights(serving.AllStable(1)); err != nil {
		return fmt.Errorf("route to the fleet: %w", err)
	}
	s.users = startUsers("http://"+loopback(s.at.gateway), model, traffic)
	return nil
}

func (s *stack) provisioner(llmsim string) *provision.Process {
	engines := known.Engines()
	return provision.NewProcess(provision.ProcessOptions{StateDir: s.path("engines"), Launcher: s.launcher(llmsim),
		CommandLine: func(c serving.EngineConfig, host string, port int) ([]string, error) {
			e, err := engines.Engine(c.Engine)
			if err != nil {
				return nil, err
			}
			return e.CommandLine(c, host, port), nil
		}})
}

func (s *stack) launcher(llmsim string) []string {
	return []string{llmsim, "-gpu", gpu, "-startup", "2s", "-faults", s.path("faults.json")}
}

func (s *stack) fleet(flags []string) (serving.Fleet, error) {
	config, err := s.setup.config(flags)
	if err != nil {
		return serving.Fleet{}, err
	}
	return serving.Fleet{Name: fleetName, Config: config, Hardware: serving.Hardware{GPU: gpu, GPUs: 1}, Replicas: replicas,
		Router:      serving.AdapterRef{Kind: "gateway", Address: "http://" + loopback(s.at.admin)},
		Provisioner: serving.AdapterRef{Kind: "process"},
		SLOs: []serving.Objective{
			{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01},
		},
		Policy: serving.Policy{AutoApprove: true}}, nil
}

// breakEngines writes the faults that the simulated engines read as they run.
func (s *stack) breakEngines(faults string) {
	if err := os.WriteFile(s.path("faults.json"), []byte(faults), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "local: faults:", err)
		return
	}
	fmt.Println("          --- the canary's engines are slowed down now (injected fault) ---")
}

func (s *stack) crashWorker(ctx context.Context) {
	fmt.Println("          --- the worker is killed with SIGKILL and started again ---")
	s.worker.Kill()
	if err := s.startWorker(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "local: start the worker again:", err)
	}
}

// stop ends everything in reverse: no more users, then the agent, the engines,
// the gateway, Temporal.
func (s *stack) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if s.users != nil {
		s.users.stop()
	}
	for _, c := range []*child.Process{s.server, s.worker} {
		if c != nil {
			c.Stop()
		}
	}
	if err := s.engines.RemoveAll(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "local: stop engines:", err)
	}
	for _, l := range s.listeners {
		if err := l.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "local: stop gateway:", err)
		}
	}
	if s.temporal != nil {
		s.temporal.Stop()
	}
}
