package loadgen

import "github.com/optiinfra/performance-agent/internal/serving"

func summariseLatency(v []float64) serving.LatencySummary {
	s := serving.LatencySummary{Count: len(v)}
	for _, x := range v {
		s.MeanSeconds += x / float64(len(v))
	}
	s.P50Seconds, s.P90Seconds = quantile(v, 0.5), quantile(v, 0.9)
	s.P95Seconds, s.P99Seconds = quantile(v, 0.95), quantile(v, 0.99)
	s.P95Low, s.P95High = s.P95Seconds, s.P95Seconds
	return s
}
