package detection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/claims"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/notify"
	"github.com/optiinfra/performance-agent/internal/quality/ask"
	"github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/workflows"
)

// ErrNoTemporal says that the dev server's program is not on this machine.
var ErrNoTemporal = errors.New("no temporal program: run scripts/need temporal, or set TEMPORAL_CLI")

// stack is what all runs share.
type stack struct {
	dir      string
	temporal *testsuite.DevServer
	client   client.Client
	store    *store.Store
	site     *site
	workers  []worker.Worker
}

// startStack starts a Temporal dev server, a store and the workers; what it
// returns must be closed, in the case of an error, too.
func startStack(ctx context.Context) (*stack, error) {
	s := &stack{site: newSite()}
	cli, err := findTemporal()
	if err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp("", "bench-detection"); err != nil {
		return s, fmt.Errorf("folder of the store: %w", err)
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler)) // canaries fail on purpose
	s.temporal, err = testsuite.StartDevServer(ctx, testsuite.DevServerOptions{ExistingPath: cli, LogLevel: "error", Stdout: io.Discard,
		ClientOptions: &client.Options{Logger: quiet}})
	if err != nil {
		return s, fmt.Errorf("start the dev server: %w", err)
	}
	s.client = s.temporal.Client()
	if err := temporalx.EnsureSearchAttributes(ctx, s.client, "default"); err != nil {
		return s, fmt.Errorf("prepare the dev server: %w", err)
	}
	if s.store, err = store.Open(ctx, "sqlite:"+filepath.Join(s.dir, "agent.db")); err != nil {
		return s, fmt.Errorf("open the store: %w", err)
	}
	return s, s.startWorkers()
}

func findTemporal() (string, error) {
	name := "temporal"
	if set := os.Getenv("TEMPORAL_CLI"); set != "" {
		name = set
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoTemporal, err)
	}
	return found, nil
}

// startWorkers starts one for each queue, as the worker program does.
func (s *stack) startWorkers() error {
	parts := s.parts()
	for _, queue := range workflows.Queues() {
		w := worker.New(s.client, queue, worker.Options{WorkerStopTimeout: 5 * time.Second, MaxHeartbeatThrottleInterval: 3 * time.Second})
		workflows.Register(w)
		for _, p := range parts {
			w.RegisterActivity(p)
		}
		if err := w.Start(); err != nil {
			return fmt.Errorf("start a worker of %s: %w", queue, err)
		}
		s.workers = append(s.workers, w)
	}
	return nil
}

// parts are the activities that a rollout and a monitor need.
func (s *stack) parts() []any {
	web := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	engines, routers := known.Engines(), kinds.Routers(web)
	scraper := scrape.New(web, engines)
	metrics := activities.NewMetrics(scraper, s.site, s.store)
	return []any{activities.NewFleets(s.store), metrics, activities.NewAnalysis(engines), activities.NewEvidence(engines, s.store),
		activities.NewVariants(s.site), activities.NewTraffic(routers), activities.NewJudging(routers, s.site, scraper),
		activities.NewLoad(loadgen.New(loadgen.Options{})), activities.NewHistory(s.store), activities.NewAdmission(s.store, s.store),
		activities.NewNotices(notify.New(web, nil, "", time.Now), s.store), activities.NewQuality(ask.New(ask.Options{}), s.store),
		activities.NewWatch(routers, claims.NewOwners(s.client), metrics, s.store), activities.NewRegressions(s.store),
		activities.NewSlots(claims.NewSlots(s.client), 0)}
}

// close ends everything that was started.
func (s *stack) close() error {
	for _, w := range s.workers {
		w.Stop()
	}
	failed := []error{s.site.close()}
	if s.store != nil {
		failed = append(failed, s.store.Close())
	}
	if s.temporal != nil {
		failed = append(failed, s.temporal.Stop())
	}
	if s.dir != "" {
		failed = append(failed, os.RemoveAll(s.dir))
	}
	return errors.Join(failed...)
}
