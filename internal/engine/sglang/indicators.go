package sglang

import "github.com/optiinfra/performance-agent/internal/engine"

// Indicators count answers at the HTTP layer, but for those to probes.
func (e Engine) Indicators() engine.Indicators {
	const family, api = "sglang:http_responses_total", `endpoint!~"/health|/health_generate|/metrics"`
	return engine.Indicators{
		Latencies: e.metrics.Latencies(),
		Failed:    []engine.Selector{{Family: family, Matchers: []string{api, `status_code=~"5.*"`}}},
		Requests:  []engine.Selector{{Family: family, Matchers: []string{api}}},
	}
}
