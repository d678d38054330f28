package vllm

import "github.com/optiinfra/performance-agent/internal/engine"

// Indicators count answers at the HTTP layer, on the routes of the API: what it
// refuses never reaches the engine's own counters.
func (e Engine) Indicators() engine.Indicators {
	const family, api = "http_requests_total", `handler=~"/v1/.*"`
	return engine.Indicators{
		Latencies: e.metrics.Latencies(),
		Failed:    []engine.Selector{{Family: family, Matchers: []string{api, `status=~"5.*"`}}},
		Requests:  []engine.Selector{{Family: family, Matchers: []string{api}}},
	}
}
