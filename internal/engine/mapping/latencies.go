package mapping

import "github.com/optiinfra/performance-agent/internal/serving"

// Latencies are the families of the distributions that objectives are stated on.
func (t Table) Latencies() map[serving.Metric][]string {
	out := map[serving.Metric][]string{}
	for _, d := range t.Distributions {
		switch m := serving.Metric(d.Name); m {
		case serving.MetricTTFT, serving.MetricITL, serving.MetricE2E:
			out[m] = d.Families
		}
	}
	return out
}
