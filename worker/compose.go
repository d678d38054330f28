package main

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/claims"
	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/dialguard"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/gate"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/notify"
	"github.com/optiinfra/performance-agent/internal/promql"
	"github.com/optiinfra/performance-agent/internal/provision"
	provisionkinds "github.com/optiinfra/performance-agent/internal/provision/kinds"
	"github.com/optiinfra/performance-agent/internal/quality/ask"
	routerkinds "github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/workflows"
)

// adapterTimeout bounds one call to a router or an engine's metrics page; the
// activities' own timeouts are above it.
const adapterTimeout = 5 * time.Second

// compose chooses the implementations behind the activities.
func compose(settings config.Worker, db *store.Store, temporal client.Client, registry prometheus.Registerer, log *slog.Logger) []any {
	engines := known.Engines()
	allowed := dialguard.Allowed(settings.AllowedNetworks)
	quick := dialguard.Client(allowed, adapterTimeout)
	routers := routerkinds.Routers(quick)
	provisioners := provisionkinds.Provisioners(provision.ProcessOptions{StateDir: settings.StateDir, Launcher: settings.EngineLauncher,
		StartTimeout: settings.EngineStartTimeout, StopGrace: settings.EngineStopGrace, Logger: log}, engines, quick)
	measured := sources(telemetry.CountScrapes(registry, quick), engines)
	metrics := activities.NewMetrics(measured, provisioners, db)
	watch := activities.NewWatch(routers, claims.NewOwners(temporal), metrics, db)
	registry.MustRegister(telemetry.WatchAges(func() map[string]float64 { return activities.WatchAges(watch) }))
	return []any{activities.NewFleets(db), metrics, activities.NewAnalysis(engines), activities.NewEvidence(engines, db), activities.NewVariants(provisioners),
		activities.NewTraffic(routers), activities.NewLoad(loadgen.New(loadgen.Options{Control: dialguard.Control(allowed)})),
		activities.NewJudging(routers, provisioners, measured), activities.NewHistory(db), activities.NewAdmission(db, db), activities.NewGates(gate.NewWebhook(quick)), activities.NewNotices(notifier(settings), db),
		activities.NewQuality(ask.New(ask.Options{Control: dialguard.Control(allowed)}), db), activities.NewAdvisor(engines, languageModel(settings), db, db, settings.Advisor.TokensPerRun),
		watch, activities.NewRegressions(db), activities.NewSlots(claims.NewSlots(temporal), settings.MaxRollouts),
		activities.NewSchedules(db, claims.NewClocks(temporal), claims.NewOwners(temporal))}
}

// languageModel is whom the advisor asks, nil for nobody. It is the one adapter that
// calls out of the operator's networks, so it may use the proxy that the
// environment names.
func languageModel(settings config.Worker) activities.LanguageModel {
	if !settings.Advisor.Advised() {
		return nil
	}
	return advisor.New(advisor.Options{URL: settings.Advisor.URL, Key: settings.Advisor.Key, Model: settings.Advisor.Model, HTTP: &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute}}})
}

// notifier tells those whom the settings name. Their addresses are the operator's,
// so nothing but the client's timeout bounds them.
func notifier(settings config.Worker) *notify.Notifier {
	var targets []notify.Target
	for _, t := range settings.NotifyTargets {
		targets = append(targets, notify.Target{Name: t.Name, Fleet: t.Fleet, Kind: t.Kind, URL: t.URL})
	}
	return notify.New(&http.Client{Timeout: adapterTimeout}, targets, settings.NotifySigningKey, time.Now)
}

// sources are the places where a fleet's measurements may come from.
func sources(web *http.Client, engines engine.Registry) *scrape.Switch {
	return scrape.NewSwitch(
		map[string]scrape.Source{serving.MetricsScrape: scrape.New(web, engines), serving.MetricsPrometheus: promql.New(web, engines)},
		map[string]scrape.GPUSource{serving.GPUExporter: scrape.NewExporters(web), serving.GPUPrometheus: promql.NewGPUs(web)})
}

// newWorkers makes one worker for each queue. Every one knows everything; the
// queues only bound how much runs at a time.
func newWorkers(temporal client.Client, settings config.Worker, parts []any, onFatal func(error)) []worker.Worker {
	var out []worker.Worker
	for _, queue := range settings.Queues {
		options := worker.Options{WorkerStopTimeout: settings.ShutdownTimeout, OnFatalError: onFatal,
			MaxHeartbeatThrottleInterval: 3 * time.Second, DeploymentOptions: versionOf(settings)}
		switch queue {
		case workflows.QueueLoad:
			options.MaxConcurrentActivityExecutionSize = settings.MaxLoadTests
		case workflows.QueueWatch:
			options.MaxConcurrentActivityExecutionSize = settings.MaxWatches
		case workflows.QueueAdvisor:
			options.TaskQueueActivitiesPerSecond = settings.Advisor.CallsPerMinute / 60
		}
		w := worker.New(temporal, queue, options)
		workflows.Register(registryOf(w, settings))
		for _, p := range parts {
			w.RegisterActivity(p)
		}
		out = append(out, w)
	}
	return out
}

// stopMargin is what the ends of workers may take beyond the time that running work
// has: a worker that cannot take its leave, because Temporal is away, must not keep
// the process until its supervisor kills it.
const stopMargin = 3 * time.Second

// stopAll stops the workers side by side, so that one slow activity does not keep the
// others polling, and goes on after patience whatever they do. It reports whether all
// of them ended.
func stopAll(workers []worker.Worker, patience time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var all sync.WaitGroup
		for _, w := range workers {
			all.Go(w.Stop)
		}
		all.Wait()
	}()
	late := time.NewTimer(patience + stopMargin)
	defer late.Stop()
	select {
	case <-ended:
		return true
	case <-late.C:
		return false
	}
}
