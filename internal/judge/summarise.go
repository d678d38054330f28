package judge

import "github.com/optiinfra/performance-agent/internal/serving"

// minForBounds is the least number of samples for which the p95 is bounded:
// with fewer than 1/(1-0.95) no sample is expected beyond it.
const minForBounds = 20

// Summarise describes a set of latencies in seconds, given in the order of
// time. NaN and infinities are left out; the summary of nothing has Count 0.
func Summarise(inTime []float64) serving.LatencySummary {
	return summarise(NewSample(inTime), DefaultConfig().Confidence)
}

func summarise(s Sample, confidence float64) serving.LatencySummary {
	if s.Count() == 0 {
		return serving.LatencySummary{}
	}
	out := serving.LatencySummary{
		Count: s.Count(), MeanSeconds: s.Mean(),
		P50Seconds: s.Quantile(0.5), P90Seconds: s.Quantile(0.9),
		P95Seconds: s.Quantile(0.95), P99Seconds: s.Quantile(0.99),
	}
	out.P95Low, out.P95High = out.P95Seconds, out.P95Seconds
	if s.Count() >= minForBounds {
		bounds, _ := Bootstrap(s, 0.95, confidence)
		out.P95Low, out.P95High = min(bounds.Low, out.P95Seconds), max(bounds.High, out.P95Seconds)
	}
	return out
}
