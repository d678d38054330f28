package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/server/api"
)

// writeTimeout is above the longest ordinary answer, a measurement of up to 80 s;
// live streams move their own deadline. Bodies are read under a deadline by
// package api: a ReadTimeout here would cut streams as well.
const writeTimeout = 90 * time.Second

// version is set by the linker for a release.
var version = "dev"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run is the server's life: compose, listen, wait for the signal, stop in order.
func run(args []string) error {
	if slices.Equal(args, []string{"--print-openapi"}) {
		return printOpenAPI()
	}
	if asked, err := recordCommand(args, os.Stdout); asked {
		return err
	}
	settings, err := config.LoadServer(config.Source{Args: args, Env: os.LookupEnv, Output: os.Stdout, Version: version})
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
	traces, err := telemetry.NewTracing(ctx, telemetry.TracingOptions{Endpoint: settings.TraceEndpoint, Share: settings.TraceShare,
		Service: "performance-agent-server", Version: version})
	if err != nil {
		return err
	}
	defer traces.Flush(log)
	w, err := connect(ctx, settings, traces, log)
	if err != nil {
		return err
	}
	defer w.close()
	member, err := newMember(settings, w.deps.Checks, log)
	if err != nil {
		return err
	}
	if member != nil {
		w.deps.Orchestrator = member
	}
	s, err := api.New(w.deps, w.config)
	if err != nil {
		return fmt.Errorf("build the api: %w", err)
	}
	l, err := net.Listen("tcp", settings.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	log.Info("api listening", "address", l.Addr().String())
	if member != nil {
		var membership sync.WaitGroup
		membership.Go(func() { member.Run(ctx) })
		defer membership.Wait() // it takes its leave before the process ends
	}
	encrypted, err := tlsConfig(settings.TLS)
	if err != nil {
		return err
	}
	if encrypted != nil {
		l = tls.NewListener(l, encrypted)
	}
	return serve(ctx, l, s, traced(s.Handler(), traces), settings.ShutdownTimeout)
}

// printOpenAPI prints the contract; a server that is composed of nothing can say
// what it would answer.
func printOpenAPI() error {
	s, err := api.New(compose(config.Server{}, apiDefaults(), nil, nil, slog.New(slog.DiscardHandler)), apiDefaults())
	if err != nil {
		return fmt.Errorf("build the api: %w", err)
	}
	spec, err := s.OpenAPI()
	if err != nil {
		return fmt.Errorf("render openapi: %w", err)
	}
	_, err = fmt.Println(string(spec))
	return err
}

// serve answers until ctx ends, then takes no new connections, ends the streams
// and gives the running requests patience to finish.
func serve(ctx context.Context, l net.Listener, s *api.Server, handler http.Handler, patience time.Duration) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout: writeTimeout, IdleTimeout: 2 * time.Minute}
	server.RegisterOnShutdown(s.EndStreams)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
