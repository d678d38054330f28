package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/payloadcodec"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/workflows"
)

// version is set by the linker for a release.
var version = "dev"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// run is the worker's life: compose, start, wait for the signal, stop in order.
func run(args []string) error {
	settings, err := config.LoadWorker(config.Source{Args: args, Env: os.LookupEnv, Output: os.Stdout, Version: version}, workflows.Queues())
	if errors.Is(err, config.ErrPrinted) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log, err := telemetry.NewLogger(os.Stderr, settings.LogLevel, settings.LogFormat)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, settings.DatabaseURL, store.WithoutWaiting())
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	defer db.Close()
	keep := store.Keep{Records: settings.Retention, Raw: settings.RawRetention, Minutes: settings.MinuteRetention, Hours: settings.HourRetention}
	go db.Maintain(ctx, keep, func(_ store.Maintained, err error) {
		if err != nil && ctx.Err() == nil {
			log.Warn("measurements are not rolled up, or old records not removed", "error", err)
		}
	})
	traces, err := telemetry.NewTracing(ctx, telemetry.TracingOptions{Endpoint: settings.TraceEndpoint, Share: settings.TraceShare,
		Service: "performance-agent-worker", Version: version})
	if err != nil {
		return err
	}
	defer traces.Flush(log)
	metrics := newMetrics()
	codec, err := payloadcodec.Optional(settings.Payload)
	if err != nil {
		return err
	}
	temporal, err := dial(ctx, log, metrics, traces, codec)
	if err != nil {
		return err
	}
	defer temporal.Close()
	return serve(ctx, settings, compose(settings, db, temporal, metrics, log), temporal, metrics, log)
}

// dial connects to Temporal and registers the search attributes that the
// workflows set.
func dial(ctx context.Context, log *slog.Logger, metrics *prometheus.Registry, traces telemetry.Tracing, codec converter.PayloadCodec) (client.Client, error) {
	options, err := temporalx.Options(log)
	if err != nil {
		return nil, err
	}
	temporal, err := temporalx.Dial(ctx, log, temporalx.WithTracing(traces), temporalx.WithCodec(codec),
		temporalx.WithOptions(func(o *client.Options) { o.MetricsHandler = telemetry.TemporalMetrics(metrics) }))
	if err != nil {
		return nil, err
	}
	if err := temporalx.EnsureSearchAttributes(ctx, temporal, options.Namespace); err != nil {
		log.Warn("search attributes are not registered: lists cannot be filtered", "error", err)
	}
	return temporal, nil
}

// serve runs one worker a queue until ctx ends or one of them fails.
func serve(ctx context.Context, settings config.Worker, parts []any, temporal client.Client, metrics *prometheus.Registry, log *slog.Logger) error {
	failed := make(chan error, 1)
	workers := newWorkers(temporal, settings, parts, func(err error) {
		select {
		case failed <- err:
		default:
		}
	})
	for i, w := range workers {
		if err := w.Start(); err != nil {
			stopAll(workers[:i], settings.ShutdownTimeout)
			return fmt.Errorf("start worker: %w", err)
		}
	}
	defer func() {
		began := time.Now()
		if !stopAll(workers, settings.ShutdownTimeout) {
			log.Warn("work was left unfinished; another worker begins it again when its heartbeats are missed")
		}
		log.Info("worker stopped", "seconds", time.Since(began).Seconds())
	}()
	stopHealth, err := serveProbes(settings.ProbeListen, metrics)
	if err != nil {
		return err
	}
	defer stopHealth()
	log.Info("worker started", "queues", settings.Queues)
	select {
	case <-ctx.Done():
		log.Info("worker stopping")
		return nil
	case err := <-failed:
		return fmt.Errorf("worker failed: %w", err)
	}
}
