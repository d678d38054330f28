package e2e_test

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/claims"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/quality/ask"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/router/haproxy/haproxytest"
	"github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/workflows"
)

const model = "meta-llama/Llama-3.1-8B-Instruct"

// fleet is one fleet with everything around it: engines behind a router, users
// who send traffic, a store, and a worker that can be stopped and started.
type fleet struct {
	name    string
	dir     string
	url     string // of the database; "" is an SQLite file in dir
	record  serving.Fleet
	routers *router.Switch
	proxy   *haproxytest.Proxy // nil behind a gateway
	engines provision.Provisioner
	// provisioners are a worker's; nil: processes of this host.
	provisioners *provision.Switch
	// cluster and namespace are where a fleet on Kubernetes is.
	cluster, namespace string
	store              *store.Store
	worker             []worker.Worker
	maxRollouts        int // the worker's; 0: any number
	pager              pager
	languageModel      activities.LanguageModel // nil: nobody is asked

	mu        sync.Mutex
	sent      int
	lost      map[string]int
	stopUsers func()
}

// workload is light and short, so that a stage gathers its samples in seconds.
var workload = serving.Workload{RatePerSecond: 25, PromptTokens: serving.Lengths{Mean: 128, CV: 0.3, Min: 8},
	OutputTokens: serving.Lengths{Mean: 24, CV: 0.3, Min: 4}}

// front is what splits a fleet's traffic.
type front struct {
	router serving.AdapterRef
	users  string // where they come in
}

// newFleet is a fleet behind our own gateway.
func newFleet(t *testing.T, name string, flags ...string) *fleet {
	t.Helper()
	needStack(t)
	return newFleetBehind(t, name, newFront(t), flags...)
}

func newFront(t *testing.T) front {
	t.Helper()
	g := gateway.New(gateway.Options{})
	users, admin := httptest.NewServer(g.Handler()), httptest.NewServer(g.AdminHandler())
	t.Cleanup(admin.Close)
	t.Cleanup(users.Close)
	return front{router: serving.AdapterRef{Kind: router.KindGateway, Address: admin.URL}, users: users.URL}
}

func newFleetBehind(t *testing.T, name string, behind front, flags ...string) *fleet {
	t.Helper()
	f := bareFleet(t, name, t.TempDir(), behind, flags...)
	f.start(t, behind.users)
	return f
}

// beside is another fleet of the same store and worker, on the same host.
func (f *fleet) beside(t *testing.T, name string, flags ...string) *fleet {
	t.Helper()
	behind := newFront(t)
	other := bareFleet(t, name, f.dir, behind, flags...)
	other.store = f.store
	var err error
	other.record, err = f.store.CreateFleet(t.Context(), other.record)
	require.NoError(t, err)
	other.startUsers(t, behind.users)
	return other
}

// bareFleet is a fleet that serves, without users, a record or a worker.
func bareFleet(t *testing.T, name, dir string, behind front, flags ...string) *fleet {
	t.Helper()
	f := &fleet{name: name, dir: dir, routers: kinds.Routers(http.DefaultClient), lost: map[string]int{}}
	config, err := vllm.New().Parse(append([]string{"vllm", "serve", model}, flags...))
	require.NoError(t, err)
	f.record = serving.Fleet{Name: name, Config: config, Hardware: serving.Hardware{GPU: "H100", GPUs: 1}, Replicas: 2,
		Router: behind.router, Provisioner: serving.AdapterRef{Kind: "process"},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}},
		Policy: serving.Policy{AutoApprove: true}}
	processes := f.provisioner()
	f.engines = processes
	t.Cleanup(func() { require.NoError(t, processes.RemoveAll(context.Background())) })
	up, err := f.engines.Ensure(t.Context(), f.record, serving.VariantSpec{Fleet: name, Variant: serving.Stable,
		Config: config, Hardware: f.record.Hardware, Replicas: 2})
	require.NoError(t, err)
	require.NoError(t, f.routers.SetEndpoints(t.Context(), f.record, serving.Stable, up.Endpoints))
	require.NoError(t, f.routers.SetWeights(t.Context(), f.record, serving.AllStable(1)))
	return f
}

// start records the fleet and begins its traffic and a worker.
func (f *fleet) start(t *testing.T, users string) {
	t.Helper()
	var err error
	f.store, err = store.Open(t.Context(), f.database())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.store.Close()) })
	f.record, err = f.store.CreateFleet(t.Context(), f.record)
	require.NoError(t, err)
	f.startUsers(t, users)
	f.startWorker(t)
	t.Cleanup(f.stopWorker)
}

func (f *fleet) provisioner() *provision.Process {
	return provision.NewProcess(provision.ProcessOptions{StateDir: filepath.Join(f.dir, "engines"),
		Launcher: []string{the.llmsim, "-gpu", "H100", "-startup", "200ms", "-faults", f.faultFile()},
		CommandLine: func(c serving.EngineConfig, host string, port int) ([]string, error) {
			return vllm.New().CommandLine(c, host, port), nil
		}})
}

func (f *fleet) database() string { return cmp.Or(f.url, "sqlite:"+filepath.Join(f.dir, "agent.db")) }

func (f *fleet) faultFile() string { return filepath.Join(f.dir, "faults.json") }

func (f *fleet) startUsers(t *testing.T, target string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = loadgen.New(loadgen.Options{}).RunTraffic(ctx, target, model, workload, 7, func(r loadgen.Request) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.sent++
			if r.Lost() {
				f.lost[r.Error]++
			}
		})
	}()
	f.stopUsers = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(f.stopUsers)
}

func (f *fleet) startWorker(t *testing.T) {
	t.Helper()
	require.NoError(t, f.serve())
}

// serve starts workers of every queue with this fleet's own adapters.
func (f *fleet) serve() error {
	engines := known.Engines()
	routers, provisioners := f.routers, f.provisioners
	if provisioners == nil {
		provisioners = provision.NewSwitch(map[string]provision.Provisioner{provision.KindProcess: f.provisioner()})
	}
	scraper := scrape.New(http.DefaultClient, engines)
	metrics := activities.NewMetrics(scraper, provisioners, f.store)
	f.worker = nil
	for _, queue := range workflows.Queues() {
		w := worker.New(the.client, queue, worker.Options{WorkerStopTimeout: 5 * time.Second})
		workflows.Register(w)
		for _, a := range []any{activities.NewFleets(f.store), metrics, activities.NewAnalysis(engines), activities.NewEvidence(engines, f.store),
			activities.NewVariants(provisioners), activities.NewTraffic(routers), activities.NewLoad(loadgen.New(loadgen.Options{})),
			activities.NewJudging(routers, provisioners, scraper), activities.NewHistory(f.store), activities.NewAdmission(f.store, f.store),
			activities.NewNotices(&f.pager, f.store),
			activities.NewQuality(ask.New(ask.Options{}), f.store), activities.NewAdvisor(engines, f.languageModel, f.store, f.store, 20000),
			activities.NewWatch(routers, claims.NewOwners(the.client), metrics, f.store),
			activities.NewRegressions(f.store), activities.NewSlots(claims.NewSlots(the.client), f.maxRollouts),
			activities.NewSchedules(f.store, claims.NewClocks(the.client), claims.NewOwners(the.client))} {
			w.RegisterActivity(a)
		}
		if err := w.Start(); err != nil {
			return err
		}
		f.worker = append(f.worker, w)
	}
	return nil
}

func (f *fleet) stopWorker() {
	for _, w := range f.worker {
		w.Stop()
	}
	f.worker = nil
}

func (f *fleet) traffic(t *testing.T) serving.Traffic {
	t.Helper()
	now, err := f.routers.Traffic(t.Context(), f.record)
	require.NoError(t, err)
	return now
}

// splitIs is for conditions that are polled: a router that cannot be asked at the
// moment, as in a reload, has no split.
func (f *fleet) splitIs(t *testing.T, of func(serving.Weights) bool) bool {
	now, err := f.routers.Traffic(t.Context(), f.record)
	return err == nil && of(now.Weights)
}

// requireOnly asserts that all traffic is on stable, which runs the given flags,
// and that nothing else of the fleet runs.
func (f *fleet) requireOnly(t *testing.T, config serving.EngineConfig) {
	t.Helper()
	now := f.traffic(t).Weights
	require.True(t, now.SameSplit(serving.AllStable(0)), "weights: %v", now)
	running, err := f.engines.Describe(t.Context(), f.record)
	require.NoError(t, err)
	require.Len(t, running, 1, "running: %v", running)
	require.Equal(t, config.Key(), running[0].Config.Key())
	require.Len(t, running[0].Endpoints, 2)
	recorded, err := f.store.Fleet(t.Context(), f.name)
	require.NoError(t, err)
	require.Equal(t, config.Key(), recorded.Config.Key())
}

func (f *fleet) requireNothingLost(t *testing.T) {
	t.Helper()
	f.stopUsers()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.NotZero(t, f.sent)
	require.Empty(t, f.lost, "of %d requests", f.sent)
}

func flagsOf(t *testing.T, flags string) serving.EngineConfig {
	t.Helper()
	c, err := vllm.New().Parse(append([]string{"vllm", "serve", model}, strings.Fields(flags)...))
	require.NoError(t, err)
	return c
}
