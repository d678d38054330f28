package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// api is the agent's REST API, asked with the server's first key.
type api struct{ base, key string }

// signIn takes the key that the server left in the state folder.
func (a *api) signIn(stateDir string) error {
	key, err := os.ReadFile(filepath.Join(stateDir, "bootstrap-key"))
	if err != nil {
		return fmt.Errorf("read the server's first key: %w", err)
	}
	a.key = strings.TrimSpace(string(key))
	return nil
}

// ready returns when the API answers with its store and Temporal, or ctx ends.
func (a api) ready(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := a.call(ctx, http.MethodGet, "/health/ready", nil); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// register makes the fleet known, unless it is from an earlier start, and has it
// watched. The objectives are those of the README's walk-through.
func (a api) register(ctx context.Context, f serving.Fleet) error {
	body := map[string]any{"name": f.Name, "replicas": f.Replicas, "hardware": f.Hardware, "command_line": strings.Join(flags, " "),
		"router": f.Router, "provisioner": f.Provisioner, "policy": serving.Policy{AutoApprove: true},
		"slos": []serving.Objective{
			{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: 0.5},
			{Name: "itl-p95", Metric: serving.MetricITL, Quantile: 0.95, Threshold: 0.05},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01},
		}}
	if status, err := a.call(ctx, http.MethodPost, "/api/v1/fleets", body); err != nil && status != http.StatusConflict {
		return fmt.Errorf("register the fleet: %w", err)
	}
	if _, err := a.call(ctx, http.MethodPost, "/api/v1/fleets/"+f.Name+"/monitor/start", nil); err != nil {
		return fmt.Errorf("watch the fleet: %w", err)
	}
	return nil
}

// call returns the answer's status, with an error unless it is a success.
func (a api) call(ctx context.Context, method, path string, body any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var sent io.Reader
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return 0, fmt.Errorf("encode: %w", err)
		}
		sent = bytes.NewReader(content)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, sent)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if a.key != "" {
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: %s", answer.Status, content)
	}
	return answer.StatusCode, err
}
