package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/telemetry"
	"github.com/optiinfra/performance-agent/server/api"
)

// shutdownTimeout is what running requests get; live streams are cut by it.
const shutdownTimeout = 10 * time.Second

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
	w, err := connect(ctx, settings, log)
	if err != nil {
		return err
	}
	defer w.close()
	s, err := api.New(w.deps, w.config)
	if err != nil {
		return fmt.Errorf("build the api: %w", err)
	}
	return serve(ctx, settings.Listen, s.Handler(), log)
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

// serve answers until ctx ends, then lets the running requests finish.
func serve(ctx context.Context, address string, handler http.Handler, log *slog.Logger) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	// Streams and long measurements bound their own writes.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	log.Info("api listening", "address", l.Addr().String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}
