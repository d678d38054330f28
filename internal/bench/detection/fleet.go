package detection

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const model = "simulated"

// requestsPerSecond of each fleet: a small service, where a canary of 5% gets one
// request in two seconds.
const requestsPerSecond = 10

// fleet is one fleet behind a gateway of its own, with users.
type fleet struct {
	record       serving.Fleet
	gateway      *gateway.Gateway
	users, admin *httptest.Server
	stopUsers    context.CancelFunc
	usersGone    chan struct{}
}

// configOf is an engine's configuration; two sizes of a batch are all the
// difference between stable and canary.
func configOf(maxSeqs int) (serving.EngineConfig, error) {
	c, err := vllm.New().Parse([]string{"vllm", "serve", model, "--max-num-seqs", strconv.Itoa(maxSeqs)})
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// openFleet puts a stable replica behind a gateway and lets users in; close ends it.
func (s *stack) openFleet(ctx context.Context, name string, seed uint64) (*fleet, error) {
	config, err := configOf(64)
	if err != nil {
		return nil, err
	}
	g := gateway.New(gateway.Options{})
	f := &fleet{gateway: g, users: httptest.NewServer(g.Handler()), admin: httptest.NewServer(g.AdminHandler()),
		stopUsers: func() {}, usersGone: make(chan struct{})}
	f.record = serving.Fleet{Name: name, Config: config, Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: 1,
		Router:      serving.AdapterRef{Kind: router.KindGateway, Address: f.admin.URL},
		Provisioner: serving.AdapterRef{Kind: provision.KindProcess}, Policy: serving.Policy{AutoApprove: true},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: ttftObjective},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: errorsObjective}}}
	if err := s.launch(ctx, f); err != nil {
		close(f.usersGone)
		f.close()
		return nil, err
	}
	f.letUsersIn(ctx, seed)
	return f, nil
}

func (s *stack) launch(ctx context.Context, f *fleet) error {
	up, err := s.site.Ensure(ctx, f.record, serving.VariantSpec{Fleet: f.record.Name, Variant: serving.Stable, Config: f.record.Config, Replicas: 1})
	if err != nil {
		return err
	}
	routers := router.NewGatewayClient(http.DefaultClient)
	if err := routers.SetEndpoints(ctx, f.record, serving.Stable, up.Endpoints); err != nil {
		return fmt.Errorf("route to %s: %w", f.record.Name, err)
	}
	if err := routers.SetWeights(ctx, f.record, serving.AllStable(1)); err != nil {
		return fmt.Errorf("weights of %s: %w", f.record.Name, err)
	}
	if f.record, err = s.store.CreateFleet(ctx, f.record); err != nil {
		return fmt.Errorf("record %s: %w", f.record.Name, err)
	}
	return nil
}

// letUsersIn sends requests until the fleet is closed. What becomes of each is the
// gateway's to report.
func (f *fleet) letUsersIn(ctx context.Context, seed uint64) {
	ctx, f.stopUsers = context.WithCancel(ctx)
	load := serving.Workload{RatePerSecond: requestsPerSecond, PromptTokens: serving.Lengths{Mean: 8, Min: 4},
		OutputTokens: serving.Lengths{Mean: 6, Min: 2}}
	go func() {
		defer close(f.usersGone)
		_ = loadgen.New(loadgen.Options{}).RunTraffic(ctx, f.users.URL, model, load, seed, func(loadgen.Request) {})
	}()
}

// close sends the users home and cuts what still hangs.
func (f *fleet) close() {
	f.stopUsers()
	f.users.CloseClientConnections()
	f.admin.CloseClientConnections()
	<-f.usersGone
	f.users.Close()
	f.admin.Close()
}
