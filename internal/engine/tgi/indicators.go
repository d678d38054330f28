package tgi

import "github.com/optiinfra/performance-agent/internal/engine"

// Indicators count the failures that the server is to blame for; a request that
// was no valid one is neither good nor bad.
func (e Engine) Indicators() engine.Indicators {
	failures := engine.Selector{Family: nameFailure, Matchers: []string{`err=~"generation|incomplete|overloaded"`}}
	return engine.Indicators{
		Latencies: e.metrics.Latencies(),
		Failed:    []engine.Selector{failures},
		Requests:  []engine.Selector{{Family: nameSuccess}, failures},
	}
}
