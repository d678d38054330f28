package engine

import "github.com/optiinfra/performance-agent/internal/serving"

// Indicators are the series by which a Prometheus server can count, for the
// objectives of a fleet, what the metrics page of an engine tells.
type Indicators struct {
	// Latencies are histogram families by metric, newest name first. A metric that
	// is missing is not on the page.
	Latencies map[serving.Metric][]string
	// Failed and Requests are counters whose increases, added up, are the failed
	// requests and all of them; none means that the page does not tell.
	Failed   []Selector
	Requests []Selector
}

// Selector picks series of a family as PromQL does.
type Selector struct {
	Family   string
	Matchers []string // for example `status=~"5.*"`
}

// IndicatorSource tells the indicators of an engine.
type IndicatorSource interface {
	Indicators() Indicators
}
