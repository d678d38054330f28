package slo

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Evaluate judges each objective on what a router saw of one arm. With fewer
// than minSamples there is no data, unless the breach is a hard one.
func Evaluate(objectives []serving.Objective, arm serving.ArmObservation, fleet string, variant serving.Variant, minSamples int) []Status {
	out := make([]Status, 0, len(objectives))
	for _, o := range objectives {
		s := Status{Fleet: fleet, Variant: variant, Objective: o}
		if o.IsLatency() {
			s.fromLatencies(judge.Latencies(arm.Samples, o.Metric), minSamples)
		} else {
			s.fromRate(arm.Failed, arm.Requests, minSamples)
		}
		if s.Breached {
			s.BeganUnix = firstMiss(o, arm.Samples)
		}
		out = append(out, s)
	}
	return out
}

func (s *Status) fromLatencies(values judge.Sample, minSamples int) {
	s.Samples = values.Count()
	s.Observed = serving.Known(values.Quantile(s.Objective.Quantile))
	s.Hard = judge.PlainBreach(values, s.Objective, judge.DefaultConfig())
	s.decide(values.Above(s.Objective.Threshold), values.Count(), minSamples)
}

// fromRate judges an objective on failures.
func (s *Status) fromRate(failed, requests, minSamples int) {
	s.Samples = requests
	rate := serving.Known(float64(failed)).Over(serving.Known(float64(requests)))
	if v, ok := rate.Get(); ok && s.Objective.Metric == serving.MetricAvailability {
		rate = serving.Known(1 - v)
	}
	s.Observed = rate
	s.Hard = judge.PlainErrors(failed, requests, s.Objective.AllowedShare(), judge.DefaultConfig())
	s.decide(failed, requests, minSamples)
}

// decide sets Breached and NoData from the number of requests that missed the
// objective; Hard is set already.
func (s *Status) decide(missed, n, minSamples int) {
	if s.Hard {
		s.Breached = true
		return
	}
	if s.NoData = n < max(minSamples, 1); s.NoData {
		return
	}
	s.Breached = judge.ShareExceeds(missed, n, s.Objective.AllowedShare(), BreachAlpha)
}

// firstMiss is when the earliest request that missed the objective ended.
func firstMiss(o serving.Objective, samples []serving.RequestSample) serving.Measure {
	ordered := slices.Clone(samples)
	slices.SortStableFunc(ordered, func(a, b serving.RequestSample) int { return cmp.Compare(a.EndedUnix, b.EndedUnix) })
	for _, r := range ordered {
		// A failed request has no latency to judge; it breaks the objective on errors.
		if r.Failed && o.IsLatency() {
			continue
		}
		if missed, known := Misses(o, r); known && missed {
			return serving.Known(r.EndedUnix)
		}
	}
	return serving.Unknown()
}

func (s Status) reason() string {
	o, observed := s.Objective, s.Observed.Or(0)
	strength := "beyond chance"
	if s.Hard {
		strength = "plainly"
	}
	if o.IsLatency() {
		return fmt.Sprintf("p%.4g %s of %s is %.3g s, %s above the objective of %.3g s, over %d requests",
			o.Quantile*100, o.Metric, s.Variant, observed, strength, o.Threshold, s.Samples)
	}
	side := "above"
	if o.Metric == serving.MetricAvailability {
		side = "below"
	}
	return fmt.Sprintf("%s of %s is %.3g%%, %s %s the objective of %.3g%%, over %d requests",
		o.Metric, s.Variant, observed*100, strength, side, o.Threshold*100, s.Samples)
}
