package report

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// MetricWord is a metric as people call it.
func MetricWord(m serving.Metric) string {
	switch m {
	case serving.MetricTTFT:
		return "Time to first token"
	case serving.MetricITL:
		return "Time between tokens"
	case serving.MetricE2E:
		return "Whole answer"
	}
	return strings.ReplaceAll(string(m), "_", " ")
}

// objectiveText says an objective in words.
func objectiveText(o serving.Objective) string {
	switch {
	case o.IsLatency():
		return fmt.Sprintf("%s: p%g at most %s", MetricWord(o.Metric), 100*o.Quantile, page.SecondsTick(o.Threshold))
	case o.Metric == serving.MetricAvailability:
		return fmt.Sprintf("Availability: at least %g%%", 100*o.Threshold)
	}
	return fmt.Sprintf("Errors: at most %g%% of requests", 100*o.Threshold)
}
