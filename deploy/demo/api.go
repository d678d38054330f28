package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api/client"
)

// ready returns when the API answers with its store and Temporal, or ctx ends.
func ready(ctx context.Context, api *client.Client) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := api.HealthReady(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// firstKey is the key that the server left in the state folder.
func firstKey(stateDir string) (client.Option, error) {
	key, err := os.ReadFile(filepath.Join(stateDir, "bootstrap-key"))
	if err != nil {
		return nil, fmt.Errorf("read the server's first key: %w", err)
	}
	return client.Key(strings.TrimSpace(string(key))), nil
}

// register makes the fleet known, unless it is from an earlier start, and has it
// watched. The objectives are those of the README's walk-through.
func register(ctx context.Context, api *client.Client, f serving.Fleet) error {
	_, err := api.CreateFleet(ctx, client.FleetInput{
		Name: f.Name, Replicas: int64(f.Replicas), CommandLine: strings.Join(flags, " "),
		Hardware:    client.Hardware{GPU: f.Hardware.GPU, Gpus: int64(f.Hardware.GPUs)},
		Router:      client.AdapterRef{Kind: f.Router.Kind, Address: f.Router.Address},
		Provisioner: client.AdapterRef{Kind: f.Provisioner.Kind, Address: f.Provisioner.Address},
		Policy:      &client.Policy{AutoApprove: true},
		Slos: []client.Objective{
			{Name: "ttft-p95", Metric: string(serving.MetricTTFT), Quantile: 0.95, Threshold: 0.5},
			{Name: "itl-p95", Metric: string(serving.MetricITL), Quantile: 0.95, Threshold: 0.05},
			{Name: "errors", Metric: string(serving.MetricErrorRate), Threshold: 0.01},
		},
	})
	if err != nil && client.Status(err) != http.StatusConflict {
		return fmt.Errorf("register the fleet: %w", err)
	}
	if _, err := api.StartMonitor(ctx, f.Name, nil); err != nil {
		return fmt.Errorf("watch the fleet: %w", err)
	}
	return nil
}
