package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Attack is how one load went. Latencies are of whole answers, from the sending.
type Attack struct {
	Requests      int            `json:"requests"`
	SentPerSecond float64        `json:"sent_per_second"`
	P50Seconds    float64        `json:"p50_seconds"`
	P95Seconds    float64        `json:"p95_seconds"`
	P99Seconds    float64        `json:"p99_seconds"`
	MaxSeconds    float64        `json:"max_seconds"`
	Errors        int            `json:"errors"` // without an answer, or with one that is no success
	Statuses      map[string]int `json:"statuses"`
	Messages      []string       `json:"messages,omitempty"` // of errors, each once
}

// target is one request, in vegeta's JSON form; the body travels as base64.
type target struct {
	Method string      `json:"method"`
	URL    string      `json:"url"`
	Body   []byte      `json:"body,omitempty"`
	Header http.Header `json:"header,omitempty"`
}

// readTargets mix what dashboards and people ask: lists, records, objectives.
func readTargets(base string) []target {
	var out []target
	for i := range seededRuns {
		fleet, run := fleetName(i), runName(i)
		for _, path := range []string{"/fleets?limit=20", "/fleets/" + fleet, "/fleets/" + fleet + "/slos", "/fleets/" + fleet + "/slo-status",
			"/runs?limit=20&fleet=" + fleet, "/runs/" + run, "/runs/" + run + "/trials", "/violations?limit=20&fleet=" + fleet,
			"/rollouts?limit=20", "/engines"} {
			out = append(out, target{Method: http.MethodGet, URL: base + "/api/v1" + path})
		}
	}
	return out
}

// startTargets start one run on each fleet, so that none is refused as busy.
func startTargets(base string) []target {
	out := make([]target, startRate*int(startDuration.Seconds()))
	for i := range out {
		out[i] = target{Method: http.MethodPost, URL: base + "/api/v1/fleets/" + fleetName(i) + "/runs", Body: []byte(`{}`),
			Header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {fmt.Sprintf("start-%d", i)}}}
	}
	return out
}

// attack sends the targets in turn at a constant rate, whatever becomes of them.
func (s *stack) attack(ctx context.Context, list []target, rate int, length time.Duration) (Attack, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, t := range list {
		if err := encoder.Encode(t); err != nil {
			return Attack{}, fmt.Errorf("encode a target: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, s.vegeta, "attack", "-format=json", fmt.Sprintf("-rate=%d", rate), "-duration="+length.String(),
		"-timeout=10s", "-max-workers=512")
	cmd.Stdin, cmd.Stderr = &lines, os.Stderr
	results, err := cmd.Output()
	if err != nil {
		return Attack{}, fmt.Errorf("load: %w", err)
	}
	report := exec.CommandContext(ctx, s.vegeta, "report", "-type=json")
	report.Stdin = bytes.NewReader(results)
	told, err := report.Output()
	if err != nil {
		return Attack{}, fmt.Errorf("report of the load: %w", err)
	}
	return readAttack(told)
}

// readAttack reads vegeta's JSON report, whose times are in nanoseconds.
func readAttack(data []byte) (Attack, error) {
	var r struct {
		Latencies struct {
			P50 float64 `json:"50th"`
			P95 float64 `json:"95th"`
			P99 float64 `json:"99th"`
			Max float64 `json:"max"`
		} `json:"latencies"`
		Requests int            `json:"requests"`
		Rate     float64        `json:"rate"`
		Statuses map[string]int `json:"status_codes"`
		Errors   []string       `json:"errors"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return Attack{}, fmt.Errorf("report of the load: %w", err)
	}
	a := Attack{Requests: r.Requests, SentPerSecond: r.Rate, P50Seconds: r.Latencies.P50 / 1e9, P95Seconds: r.Latencies.P95 / 1e9,
		P99Seconds: r.Latencies.P99 / 1e9, MaxSeconds: r.Latencies.Max / 1e9, Errors: r.Requests, Statuses: r.Statuses, Messages: r.Errors}
	for code, n := range r.Statuses {
		if strings.HasPrefix(code, "2") {
			a.Errors -= n
		}
	}
	return a, nil
}
