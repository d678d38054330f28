package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// readTargets mix what dashboards and people ask: lists, records, objectives.
func readTargets(base string) []vegeta.Target {
	var out []vegeta.Target
	for i := range seededRuns {
		fleet, run := fleetName(i), runName(i)
		for _, path := range []string{"/fleets?limit=20", "/fleets/" + fleet, "/fleets/" + fleet + "/slos", "/fleets/" + fleet + "/slo-status",
			"/runs?limit=20&fleet=" + fleet, "/runs/" + run, "/runs/" + run + "/trials", "/violations?limit=20&fleet=" + fleet,
			"/rollouts?limit=20", "/engines"} {
			out = append(out, vegeta.Target{Method: http.MethodGet, URL: base + "/api/v1" + path})
		}
	}
	return out
}

// startTargets start one run on each fleet, so that none is refused as busy.
func startTargets(base string) []vegeta.Target {
	out := make([]vegeta.Target, startRate*int(startDuration.Seconds()))
	for i := range out {
		out[i] = vegeta.Target{Method: http.MethodPost, URL: base + "/api/v1/fleets/" + fleetName(i) + "/runs", Body: []byte(`{}`),
			Header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {fmt.Sprintf("start-%d", i)}}}
	}
	return out
}

// attack sends the targets in turn at a constant rate, whatever becomes of them.
func (s *stack) attack(ctx context.Context, list []vegeta.Target, rate int, length time.Duration) (vegeta.Report, error) {
	return vegeta.Attack(ctx, s.vegeta, list, vegeta.Load{Rate: rate, Workers: 512, Length: length, Timeout: 10 * time.Second})
}
