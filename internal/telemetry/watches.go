package telemetry

import "github.com/prometheus/client_golang/prometheus"

// watchAge has one series for each fleet that this process watches now, so that there
// are never more than its limit of watches, and none of a fleet that is gone.
var watchAge = prometheus.NewDesc("performance_agent_watch_age_seconds",
	"Time since the watch of a fleet last began a look; far above the watch's tick means that nobody looks.", []string{"fleet"}, nil)

// WatchAges exports ages, which gives the seconds since the last look by fleet.
func WatchAges(ages func() map[string]float64) prometheus.Collector { return watchAges{ages} }

type watchAges struct{ ages func() map[string]float64 }

// Describe implements prometheus.Collector.
func (watchAges) Describe(out chan<- *prometheus.Desc) { out <- watchAge }

// Collect implements prometheus.Collector.
func (w watchAges) Collect(out chan<- prometheus.Metric) {
	for fleet, seconds := range w.ages() {
		out <- prometheus.MustNewConstMetric(watchAge, prometheus.GaugeValue, seconds, fleet)
	}
}
