package slo

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// FromSnapshot judges each objective on an engine's own histograms and
// counters. The number of requests beyond a threshold is interpolated within
// its bucket, as Prometheus does. An objective whose threshold lies beyond the
// last bucket is without data when the answer is hidden in the overflow.
func FromSnapshot(objectives []serving.Objective, snap serving.Snapshot, minSamples int) []Status {
	out := make([]Status, 0, len(objectives))
	for _, o := range objectives {
		s := Status{Fleet: snap.Fleet, Variant: snap.Variant, Objective: o}
		if o.IsLatency() {
			s.fromHistogram(LatencyHistogram(snap, o.Metric), minSamples)
		} else {
			s.fromCounters(snap, minSamples)
		}
		out = append(out, s)
	}
	return out
}

// LatencyHistogram is the histogram that an objective on the metric is judged
// by. An engine that exposes no gaps between tokens may still expose their mean
// by request.
func LatencyHistogram(snap serving.Snapshot, m serving.Metric) *serving.Histogram {
	h := snap.Latency(m)
	if m == serving.MetricITL && (h == nil || h.Count == 0) {
		return snap.TPOT
	}
	return h
}

func (s *Status) fromHistogram(h *serving.Histogram, minSamples int) {
	if h == nil || h.Count <= 0 {
		s.NoData = true
		return
	}
	o := s.Objective
	s.Samples, s.Observed = int(math.Round(h.Count)), h.QuantileMeasure(o.Quantile)
	missed, hidden := above(*h, o.Threshold)
	far, _ := above(*h, o.Threshold*judge.DefaultConfig().HardAbortFactor)
	s.Hard = judge.PlainMisses(far, missed, s.Samples, o.AllowedShare(), judge.DefaultConfig())
	s.decide(missed, s.Samples, test{minSamples, BreachAlpha})
	if !s.Breached && hidden > 0 && judge.ShareExceeds(missed+hidden, s.Samples, o.AllowedShare(), BreachAlpha) {
		s.NoData = true
	}
}

// above counts the observations greater than the threshold. hidden are those
// beyond the last bucket that may or may not be, when the threshold is too.
func above(h serving.Histogram, threshold float64) (count, hidden int) {
	lower, below := 0.0, 0.0
	for i, upper := range h.Bounds {
		n := math.Max(h.Counts[i], below)
		if threshold <= upper {
			within := below
			if upper > lower {
				within += (n - below) * max(0, threshold-lower) / (upper - lower)
			}
			return int(math.Round(h.Count - within)), 0
		}
		lower, below = upper, n
	}
	return 0, int(math.Round(h.Count - below))
}

func (s *Status) fromCounters(snap serving.Snapshot, minSamples int) {
	failed, requests, ok := Failures(snap)
	if !ok {
		s.NoData = true
		return
	}
	s.Hard = judge.PlainErrors(serving.ArmObservation{Requests: requests, Failed: failed}, s.Objective.AllowedShare(), judge.DefaultConfig())
	s.fromRate(failed, requests, test{minSamples, BreachAlpha})
}

// Failures counts failed and all requests of a snapshot. An engine's own
// finished requests hold the ones that ended in an error; what its HTTP layer
// refused never finished and comes on top. ok is false when neither is known.
func Failures(snap serving.Snapshot) (failed, requests int, ok bool) {
	finished, known := snap.Requests().Get()
	ended, hasReason := snap.FinishedByReason["error"]
	errors, counted := snap.Errors.Get()
	if !known || !counted && !hasReason {
		return 0, 0, false
	}
	errors = max(errors, ended)
	return int(math.Round(errors)), int(math.Round(finished + errors - ended)), true
}
