package judge

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// CompareLoads says how the measurements of side B relate to those of side A,
// metric by metric: the highest rate that keeps the objectives, and what was seen
// at the reference rate. Where each side has enough replicates their spread
// decides (CompareReplicates); where not, the bounds that single measurements
// carry: the bracket of a search, the bootstrap interval of a p95. Two of those
// are held against each other by their ends, which is wider than a test would be
// and so never finds too much.
func CompareLoads(a, b []serving.LadderResult, cfg ReplicateConfig) []serving.ComparedMetric {
	cfg = cfg.WithDefaults()
	out := make([]serving.ComparedMetric, 0, len(loadMetrics())+1)
	for _, m := range loadMetrics() {
		out = append(out, m.compare(a, b, cfg))
	}
	return append(out, compareErrors(a, b, cfg))
}

// bounds of a measured value; a High of 0 is none.
type bounds struct{ value, low, high float64 }

// loadMetric is one quantity of a load.
type loadMetric struct {
	name, unit, better string
	of                 func(serving.LadderResult) bounds
}

func loadMetrics() []loadMetric {
	latency := func(of func(serving.LoadResult) serving.LatencySummary) func(serving.LadderResult) bounds {
		return func(r serving.LadderResult) bounds {
			l := of(r.Reference)
			return bounds{l.P95Seconds, l.P95Low, l.P95High}
		}
	}
	return []loadMetric{
		{"max_good_rps", "requests/s", "higher", func(r serving.LadderResult) bounds {
			return bounds{r.MaxGood, r.MaxGood, r.MinBad.Or(0)}
		}},
		{"output_tokens_per_second", "tokens/s", "higher", func(r serving.LadderResult) bounds {
			return bounds{value: r.Reference.OutputTokensPerSecond}
		}},
		{"ttft_p95_seconds", "s", "lower", latency(func(l serving.LoadResult) serving.LatencySummary { return l.TTFT })},
		{"itl_p95_seconds", "s", "lower", latency(func(l serving.LoadResult) serving.LatencySummary { return l.ITL })},
		{"e2e_p95_seconds", "s", "lower", latency(func(l serving.LoadResult) serving.LatencySummary { return l.E2E })},
	}
}

func (m loadMetric) compare(a, b []serving.LadderResult, cfg ReplicateConfig) serving.ComparedMetric {
	out := serving.ComparedMetric{Metric: m.name, Unit: m.unit, Better: m.better, Finding: serving.FindingNoData}
	first, second := m.values(a), m.values(b)
	if len(first) == 0 || len(second) == 0 {
		out.Reason = "a side has no valid measurement of it"
		return out
	}
	out.A, out.B = serving.Known(meanOf(first)), serving.Known(meanOf(second))
	if len(first) >= cfg.MinReplicates && len(second) >= cfg.MinReplicates {
		return m.byReplicates(out, first, second, cfg)
	}
	return m.byBounds(out, m.widest(a), m.widest(b))
}

// values are those of valid loads.
func (m loadMetric) values(list []serving.LadderResult) []float64 {
	var out []float64
	for _, r := range list {
		if v := m.of(r).value; r.Reference.Invalid == "" && v > 0 {
			out = append(out, v)
		}
	}
	return out
}

// widest spans the bounds of all valid loads; without a high end on one of them
// there is none.
func (m loadMetric) widest(list []serving.LadderResult) bounds {
	var out bounds
	open := false
	for _, r := range list {
		v := m.of(r)
		if r.Reference.Invalid != "" || v.value <= 0 {
			continue
		}
		if out.low == 0 || v.low < out.low {
			out.low = v.low
		}
		out.high, open = max(out.high, v.high), open || v.high == 0
	}
	if open {
		out.high = 0
	}
	return out
}

func (m loadMetric) byReplicates(out serving.ComparedMetric, a, b []float64, cfg ReplicateConfig) serving.ComparedMetric {
	out.Method = "Welch's t test on logarithms of replicates"
	c, ok := CompareReplicates(b, a, cfg)
	if !ok {
		out.Reason = "the replicates cannot be compared"
		return out
	}
	out.Ratio, out.Low, out.High, out.P = serving.Known(c.Ratio), serving.Known(c.Low), serving.Known(c.High), serving.Known(c.P)
	if c.Refused != "" {
		out.Reason = c.Refused
		return out
	}
	return m.conclude(out)
}

// byBounds takes the least and the greatest ratio that the bounds of both sides
// allow.
func (m loadMetric) byBounds(out serving.ComparedMetric, a, b bounds) serving.ComparedMetric {
	out.Method = "bounds of single measurements"
	out.Ratio = serving.Known(out.B.Or(0) / out.A.Or(0))
	if a.low > 0 && b.high > 0 {
		out.High = serving.Known(b.high / a.low)
	}
	if a.high > 0 && b.low > 0 {
		out.Low = serving.Known(b.low / a.high)
	}
	if !out.Low.IsKnown() && !out.High.IsKnown() {
		out.Reason = "single measurements carry no bounds of it; measure each side at least 3 times"
		return out
	}
	return m.conclude(out)
}

// conclude reads the finding from the interval of the ratio: only one that lies
// wholly on one side of 1 shows a difference.
func (m loadMetric) conclude(out serving.ComparedMetric) serving.ComparedMetric {
	above, below := out.Low.Or(0) > 1, out.High.IsKnown() && out.High.Or(0) < 1
	switch {
	case !above && !below:
		out.Finding, out.Reason = serving.FindingUnshown, "the interval holds 1: no difference is shown"
	case above == (m.better == "higher"):
		out.Finding = serving.FindingBetter
	default:
		out.Finding = serving.FindingWorse
	}
	if out.Reason == "" {
		out.Reason = fmt.Sprintf("B has %.2f times A's %s: %s", out.Ratio.Or(0), m.name, out.Finding)
	}
	return out
}

// compareErrors pools the requests of each side: the difference of the failure
// rates with Newcombe's interval.
func compareErrors(a, b []serving.LadderResult, cfg ReplicateConfig) serving.ComparedMetric {
	out := serving.ComparedMetric{Metric: "error_rate", Unit: "share", Better: "lower", Method: "Newcombe's interval of the difference of rates",
		Finding: serving.FindingNoData, Reason: "a side has no requests"}
	failedA, sentA := pooledErrors(a)
	failedB, sentB := pooledErrors(b)
	difference, ok := Newcombe(failedB, sentB, failedA, sentA, cfg.Confidence)
	if !ok {
		return out
	}
	rateA, rateB := float64(failedA)/float64(sentA), float64(failedB)/float64(sentB)
	out.A, out.B, out.Ratio = serving.Known(rateA), serving.Known(rateB), serving.Known(rateB-rateA)
	out.Low, out.High = serving.Known(difference.Low), serving.Known(difference.High)
	out.P = serving.Known(min(1, 2*min(TwoProportion(failedB, sentB, failedA, sentA), TwoProportion(failedA, sentA, failedB, sentB))))
	switch {
	case difference.Low > 0:
		out.Finding, out.Reason = serving.FindingWorse, "more of B's requests fail"
	case difference.High < 0:
		out.Finding, out.Reason = serving.FindingBetter, "fewer of B's requests fail"
	default:
		out.Finding, out.Reason = serving.FindingUnshown, "the interval holds 0: no difference is shown"
	}
	return out
}

func pooledErrors(list []serving.LadderResult) (failed, sent int) {
	for _, r := range list {
		if r.Reference.Invalid == "" {
			failed, sent = failed+r.Reference.Errors, sent+r.Reference.Requests
		}
	}
	return failed, sent
}
