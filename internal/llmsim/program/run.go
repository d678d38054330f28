package program

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
)

const (
	// drainLimit is the longest that running requests may take to finish after
	// SIGTERM: the usual grace period of Kubernetes.
	drainLimit = 30 * time.Second
	// closeLimit is for connections that hold no request any more.
	closeLimit = time.Second
	// headerLimit keeps a client that sends nothing from holding a connection.
	headerLimit = 10 * time.Second
)

// ErrCrashed is the end of an engine with a crash fault.
var ErrCrashed = errors.New("simulated crash")

// Listen opens the address of the command line.
func (p *Program) Listen() (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(p.options.Host, strconv.Itoa(p.options.Port)))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// Run serves until the context ends, then drains: no new requests, those that
// run are finished within drainLimit. It returns nil after a drain, whether or
// not it came to its end, and ErrCrashed at once after a crash.
func (p *Program) Run(ctx context.Context, listener net.Listener) error {
	p.announce()
	engine, stopEngine := context.WithCancel(context.Background()) // outlives ctx, to finish requests
	defer stopEngine()
	go p.loop.Run(engine)

	server := &http.Server{Handler: p.api.Handler(), ReadHeaderTimeout: headerLimit}
	defer server.Close()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()

	crashed := make(chan struct{})
	if p.options.Faults != "" {
		faults := fault.NewWatcher(p.options.Faults, p.options.Variant, p.log)
		crash := newFuse(func() { close(crashed) })
		go faults.Run(engine, func(s fault.Set) { p.apply(s, crash) })
	}
	loaded := time.AfterFunc(p.options.Startup, func() {
		p.api.Serve()
		p.log.Info("Application startup complete.", "address", listener.Addr().String())
	})
	defer loaded.Stop()

	select {
	case <-ctx.Done():
		return p.drain(server, crashed)
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-crashed:
		return ErrCrashed
	}
}

// apply brings faults into force.
func (p *Program) apply(s fault.Set, crash *fuse) {
	p.loop.SetFaults(s.Slowdown, s.Hang)
	p.api.SetErrorRate(s.ErrorRate)
	if s.Crash {
		crash.light(s.CrashAfter)
	} else {
		crash.putOut()
	}
}

func (p *Program) drain(server *http.Server, crashed <-chan struct{}) error {
	p.log.Info("Shutting down: finishing running requests", "limit", drainLimit)
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	select {
	case <-p.api.Drain():
	case <-limit.C:
		p.log.Warn("requests were cut off: they did not finish in time")
	case <-crashed:
		return ErrCrashed
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = server.Shutdown(ctx) // what is left is closed by the caller
	return nil
}
