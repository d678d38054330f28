package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const model = "meta-llama/Llama-3.1-8B-Instruct"

// replicas of each fleet's stable: with two, one may die and the other serves.
const replicas = 2

// Flags of a fleet before and after.
const (
	oldFlags = "--enforce-eager --max-num-seqs 16"
	newFlags = "--max-num-seqs 128"
)

// users' traffic is light: a machine with two cores carries a dozen fleets.
var traffic = serving.Workload{RatePerSecond: 8, PromptTokens: serving.Lengths{Mean: 32, CV: 0.3, Min: 8},
	OutputTokens: serving.Lengths{Mean: 8, CV: 0.3, Min: 2}}

// fleet is the fleet of one run: engines behind a router, with users.
type fleet struct {
	name   string
	record serving.Fleet // with the address at which the rig reaches the router
	front  *front
	faults *faultFile // of its engines

	mu     sync.Mutex
	sent   int
	failed []chaos.Request
	home   func() // ends the traffic
}

func configOf(flags string) (serving.EngineConfig, error) {
	c, err := vllm.New().Parse(append([]string{"vllm", "serve", model}, strings.Fields(flags)...))
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// openFleet starts a fleet that serves its users and that the agent knows and
// watches; what it returns must be closed, in the case of an error, too.
func (c *cell) openFleet(ctx context.Context, p chaos.Plan, who *person) (*fleet, error) {
	f := &fleet{name: p.Fleet(), home: func() {}}
	config, err := configOf(oldFlags)
	if err != nil {
		return f, err
	}
	f.faults = newFaultFile(filepath.Join(c.faults(), f.name+".json"))
	if p.Scenario == chaos.BadCanary {
		err = f.faults.plant(slowCanary)
	}
	if err != nil {
		return f, err
	}
	if f.front, err = c.openFront(p); err != nil {
		return f, err
	}
	f.record = serving.Fleet{Name: f.name, Config: config, Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: replicas,
		Router: f.front.seen, Provisioner: serving.AdapterRef{Kind: "process"},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}},
		Policy: serving.Policy{AutoApprove: true, ChangePolicy: serving.ChangePolicy{RepairDrift: serving.RepairDrift}}}
	if err := c.serve(ctx, f); err != nil {
		return f, err
	}
	f.letUsersIn(p.Seed)
	return f, c.register(ctx, f, who)
}

// serve starts stable and routes to it. A blow on a shared part by another run may
// fall on it, so it is tried again.
func (c *cell) serve(ctx context.Context, f *fleet) error {
	var last error
	err := until(ctx, patience, "start "+f.name, func(ctx context.Context) bool {
		last = c.serveOnce(ctx, f)
		return last == nil
	})
	return errors.Join(err, last)
}

func (c *cell) serveOnce(ctx context.Context, f *fleet) error {
	up, err := c.engines.Ensure(ctx, f.record, serving.VariantSpec{Fleet: f.name, Variant: serving.Stable, Config: f.record.Config,
		Hardware: f.record.Hardware, Replicas: replicas})
	if err != nil {
		return err
	}
	if err := c.routers.SetEndpoints(ctx, f.record, serving.Stable, up.Endpoints); err != nil {
		return err
	}
	return c.routers.SetWeights(ctx, f.record, serving.AllStable(1))
}

func (c *cell) register(ctx context.Context, f *fleet, who *person) error {
	body := map[string]any{"name": f.name, "hardware": f.record.Hardware, "replicas": replicas,
		"command_line": "vllm serve " + model + " " + oldFlags, "router": f.front.worker, "provisioner": f.record.Provisioner,
		"slos": f.record.SLOs, "policy": f.record.Policy}
	if err := who.send(ctx, "fleet.create", http.MethodPost, "/api/v1/fleets", body, nil); err != nil {
		return err
	}
	return who.send(ctx, "monitor.start", http.MethodPost, "/api/v1/fleets/"+f.name+"/monitor/start", map[string]any{"tick_seconds": 2}, nil)
}

// letUsersIn sends traffic until the users go home.
func (f *fleet) letUsersIn(seed uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = loadgen.New(loadgen.Options{RequestTimeout: time.Minute}).RunTraffic(ctx, f.front.users, model, traffic, seed, f.note)
	}()
	f.home = sync.OnceFunc(func() { cancel(); <-gone })
}

func (f *fleet) note(r loadgen.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent++
	if r.Lost() {
		f.failed = append(f.failed, chaos.Request{Began: r.Planned.Add(time.Duration(r.LagSeconds * float64(time.Second))), Ended: time.Now(), Why: r.Error})
	}
}

func (f *fleet) complaints() (sent int, failed []chaos.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent, append([]chaos.Request(nil), f.failed...)
}

// close sends the users home, and ends the engines and the router.
func (c *cell) closeFleet(ctx context.Context, f *fleet) error {
	f.home()
	var failed []error
	if f.record.Name != "" {
		for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline, serving.Staging} {
			failed = append(failed, c.engines.Remove(ctx, f.record, v))
		}
	}
	if f.front != nil {
		f.front.close()
	}
	return errors.Join(failed...)
}
