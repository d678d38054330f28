package program

import (
	"context"
	"fmt"
	"net/http"
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

// Run loads, serves until the context ends, then drains: no new requests, those
// that run are finished within drainLimit. It returns nil after a drain, whether
// or not it came to its end, and the error of a fault that ended the engine at
// once.
func (p *Program) Run(ctx context.Context, socket *Socket) error {
	defer socket.close()
	p.announce()
	engine, stopEngine := context.WithCancel(context.Background()) // outlives ctx, to finish requests
	defer stopEngine()
	ill := p.newAilments()
	go p.loop.Run(engine)
	startup := p.options.Startup + p.fallIll(engine, ill).SlowStart

	warmup := time.Duration(p.engine.warmup() * float64(startup))
	if err := p.load(ctx, ill, startup-warmup); err != nil || ctx.Err() != nil {
		return err
	}
	listener, err := socket.listen()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: p.api.Handler(), ReadHeaderTimeout: headerLimit}
	defer server.Close()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := p.load(ctx, ill, warmup); err != nil {
		return err
	}
	p.api.Serve()
	p.log.Info("Application startup complete.", "address", listener.Addr().String())

	select {
	case <-ctx.Done():
		return p.drain(server, ill)
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case err := <-ill.died:
		return err
	}
}

// fallIll brings the faults into force that there are at the start, which it
// returns, and follows those of the file.
func (p *Program) fallIll(ctx context.Context, ill *ailments) fault.Set {
	planted := fault.Of(p.options.Planted, p.options.Variant)
	first := planted
	if p.options.Faults != "" {
		file := fault.NewWatcher(p.options.Faults, p.options.Variant, p.log)
		first = planted.And(file.Read())
		go file.Run(ctx, func(s fault.Set) { ill.apply(planted.And(s)) })
	}
	if first != fault.None() {
		p.log.Warn("simulated faults from the start", "faults", fmt.Sprintf("%+v", first))
		ill.apply(first)
	}
	go ill.drift(ctx)
	return first
}

// load lets a part of the loading time pass; an error is the end of the engine.
func (p *Program) load(ctx context.Context, ill *ailments, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case err := <-ill.died:
		return err
	}
	return nil
}

func (p *Program) drain(server *http.Server, ill *ailments) error {
	p.log.Info("Shutting down: finishing running requests", "limit", drainLimit)
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	select {
	case <-p.api.Drain():
	case <-limit.C:
		p.log.Warn("requests were cut off: they did not finish in time")
	case err := <-ill.died:
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = server.Shutdown(ctx) // what is left is closed by the caller
	return nil
}
