package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/orchestrator"
	"github.com/optiinfra/performance-agent/server/api"
)

// orchestratorTimeout bounds a call on the connection's level, above the
// protocol's own.
const orchestratorTimeout = 15 * time.Second

// checkTimeout bounds the look at our own health before a heartbeat.
const checkTimeout = 2 * time.Second

// newMember is nil where there is no orchestrator. Its address is the operator's to
// give, so it is not guarded as the addresses of fleets are.
func newMember(settings config.Server, checks []api.Check, log *slog.Logger) (*orchestrator.Member, error) {
	if settings.OrchestratorURL == "" {
		return nil, nil
	}
	host, port, err := advertised(settings)
	if err != nil {
		return nil, err
	}
	name := settings.AgentName
	if name == "" {
		name = "performance-agent-" + host
	}
	return orchestrator.New(orchestrator.Options{
		HTTP: &http.Client{Timeout: orchestratorTimeout}, URL: settings.OrchestratorURL, Token: settings.OrchestratorToken,
		Self: orchestrator.Registration{Name: name, Type: "performance", Host: host, Port: port, Version: version,
			Capabilities: api.TaskTypes(), Metadata: map[string]any{"task_path": "/task", "openapi": "/openapi.json"}},
		Health: health(checks), Log: log, Now: time.Now,
	})
}

// advertised is where the orchestrator finds us: as told, or this host's name and
// the port we listen on.
func advertised(settings config.Server) (string, int, error) {
	address := settings.AdvertiseAddress
	if address == "" {
		_, port, err := net.SplitHostPort(settings.Listen)
		if err != nil {
			return "", 0, fmt.Errorf("listen: %w", err)
		}
		name, err := os.Hostname()
		if err != nil {
			return "", 0, fmt.Errorf("name of this host: %w; give --advertise-address", err)
		}
		address = net.JoinHostPort(name, port)
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("advertise address: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return "", 0, fmt.Errorf("advertise address: port %q: %w", text, err)
	}
	return host, port, nil
}

// health is healthy while everything answers, degraded while something does, and
// unhealthy when nothing does.
func health(checks []api.Check) orchestrator.Health {
	return func(ctx context.Context) (orchestrator.Status, map[string]any) {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		failed := make([]error, len(checks))
		var all sync.WaitGroup
		for i, c := range checks {
			all.Go(func() { failed[i] = c.Probe(ctx) })
		}
		all.Wait()
		metadata, down := map[string]any{}, 0
		for i, c := range checks {
			metadata[c.Name] = "ok"
			if failed[i] != nil {
				metadata[c.Name] = "down" // why is for the log and /health/detailed
				down++
			}
		}
		switch down {
		case 0:
			return orchestrator.Healthy, metadata
		case len(checks):
			return orchestrator.Unhealthy, metadata
		}
		return orchestrator.Degraded, metadata
	}
}
