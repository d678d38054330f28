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
	_ "time/tzdata" // schedules name time zones, and an image may have none

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
	return serve(ctx, l, s, traced(s.Handler(), traces), drain{settings.ShutdownDelay, settings.ShutdownTimeout})
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

// drain is how a server ends.
type drain struct {
	// delay is how long it still takes new requests after it has said that it is not
	// ready; patience is how long the running ones then may take.
	delay, patience time.Duration
}

// lastWords is the part of the patience that is left for requests that are given up
// to be answered: they get 503, which no caller takes for a cut connection.
const lastWords = 3 * time.Second

// serve answers until ctx ends, then says that it is not ready, ends the streams,
// takes no new connections and gives the running requests patience to finish.
func serve(ctx context.Context, l net.Listener, s *api.Server, handler http.Handler, end drain) error {
	requests, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	server := httpServer(handler, requests)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.Drain()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-time.After(end.delay):
	}
	words := min(lastWords, end.patience/2)
	err := shutDown(server, end.patience-words)
	if errors.Is(err, context.DeadlineExceeded) {
		giveUp(api.ErrDraining)
		err = shutDown(server, words)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// httpServer bounds what net/http waits for; bodies are bounded by package api.
func httpServer(handler http.Handler, requests context.Context) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout: writeTimeout, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return requests }}
}

// shutDown closes the listener and waits for the running requests, at most so long.
func shutDown(server *http.Server, longest time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	return server.Shutdown(ctx)
}
