package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/dialguard"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/payloadcodec"
	"github.com/optiinfra/performance-agent/internal/promql"
	"github.com/optiinfra/performance-agent/internal/provision"
	provisionkinds "github.com/optiinfra/performance-agent/internal/provision/kinds"
	routerkinds "github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/server/api"
)

// adapterTimeout bounds one call to a router or an engine's metrics page. The
// largest pages take tens of milliseconds; a request has 10 s in all.
const adapterTimeout = 5 * time.Second

// world is everything that the API works with.
type world struct {
	deps   api.Deps
	config api.Config
	close  func()
}

// connect opens the store and Temporal, and chooses the adapters.
func connect(ctx context.Context, settings config.Server, traces telemetry.Tracing, log *slog.Logger) (world, error) {
	cfg := apiConfig(settings)
	db, err := store.Open(ctx, settings.DatabaseURL, store.WithoutWaiting())
	if err != nil {
		return world{}, fmt.Errorf("open store: %w", err)
	}
	if err := db.Ping(ctx); err != nil {
		log.WarnContext(ctx, "the store does not answer yet", "error", err)
	}
	options, err := temporalx.Options(log)
	if err != nil {
		_ = db.Close() // the first error tells what is wrong
		return world{}, err
	}
	codec, err := payloadcodec.Optional(settings.Payload)
	if err != nil {
		_ = db.Close() // the first error tells what is wrong
		return world{}, err
	}
	temporal, err := temporalx.Dial(ctx, log, temporalx.WithTracing(traces), temporalx.WithCodec(codec))
	if err != nil {
		_ = db.Close() // the first error tells what is wrong
		return world{}, err
	}
	cfg.Namespace = options.Namespace
	// A workflow cannot be started with attributes that the server does not know,
	// and no worker may have been here before us.
	if err := temporalx.EnsureSearchAttributes(ctx, temporal, options.Namespace); err != nil {
		log.WarnContext(ctx, "search attributes are not registered: lists cannot be filtered", "error", err)
	}
	closeAll := func() {
		temporal.Close()
		if err := db.Close(); err != nil {
			log.Warn("store not closed", "error", err)
		}
	}
	deps := compose(settings, cfg, db, temporal, log)
	deps.Payloads = codec
	if deps.Auth, err = authenticator(ctx, settings, db, log); err != nil {
		closeAll()
		return world{}, err
	}
	return world{deps: deps, config: cfg, close: closeAll}, nil
}

// compose chooses the implementations behind the API's interfaces.
func compose(settings config.Server, cfg api.Config, db *store.Store, temporal client.Client, log *slog.Logger) api.Deps {
	engines := known.Engines()
	web := dialguard.Client(cfg.AllowedNetworks, adapterTimeout)
	durable := api.NewTemporal(temporal)
	return api.Deps{
		Store: stored{db}, Classify: classify,
		Workflows: durable, Clockwork: durable,
		Engines:   engines,
		Router:    routerkinds.Routers(web),
		Scraper:   sources(web, engines),
		ParsePage: scrape.Parse,
		// The API only asks where replicas are; the worker starts and stops them.
		Variants: provisionkinds.Provisioners(provision.ProcessOptions{StateDir: settings.StateDir, Launcher: settings.EngineLauncher, Logger: log}, engines, web),
		Resolver: net.DefaultResolver,
		Checks: []api.Check{
			{Name: "store", Probe: db.Ping},
			{Name: "temporal", Probe: func(ctx context.Context) error {
				_, err := temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
				return err
			}},
		},
		Log: log, Now: time.Now, NewID: uuid.NewString,
	}
}

// sources are the places where a fleet's measurements may come from.
func sources(web *http.Client, engines engine.Registry) *scrape.Switch {
	return scrape.NewSwitch(
		map[string]scrape.Source{serving.MetricsScrape: scrape.New(web, engines), serving.MetricsPrometheus: promql.New(web, engines)},
		map[string]scrape.GPUSource{serving.GPUExporter: scrape.NewExporters(web), serving.GPUPrometheus: promql.NewGPUs(web)})
}

// apiDefaults are the API's own defaults with the adapters of this binary.
func apiDefaults() api.Config {
	cfg := api.DefaultConfig()
	cfg.Version = version
	cfg.RouterKinds, cfg.AddressChecks = routerkinds.Routers(nil).Kinds(), routerkinds.AddressChecks()
	cfg.ProvisionerKinds = provisionkinds.Provisioners(provision.ProcessOptions{}, known.Engines(), nil).Kinds()
	maps.Copy(cfg.AddressChecks, provisionkinds.AddressChecks())
	return cfg
}

func apiConfig(settings config.Server) api.Config {
	cfg := apiDefaults()
	cfg.RatePerSecond, cfg.RequestTimeout = settings.RatePerSecond, settings.RequestTimeout
	cfg.WebUI = settings.WebUIURL
	cfg.Burst, cfg.AlertmanagerToken = settings.Burst, settings.AlertmanagerToken
	cfg.CodecOrigin = settings.CodecOrigin
	cfg.AllowedNetworks, cfg.TLS = dialguard.Allowed(settings.AllowedNetworks), settings.TLS.Enabled()
	return cfg
}
