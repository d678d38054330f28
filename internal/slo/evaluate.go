package slo

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Evaluate judges each objective on what a router saw of one arm. With fewer
// than minSamples there is no data, unless the breach is a hard one.
func Evaluate(objectives []serving.Objective, arm serving.ArmObservation, fleet string, variant serving.Variant, minSamples int) []Status {
	return evaluate(objectives, arm, Status{Fleet: fleet, Variant: variant}, test{minSamples, BreachAlpha})
}

// fewSamples are the least by which EvaluateFew judges.
const fewSamples = 5

// EvaluateFew is Evaluate for an arm of so little traffic that to wait for enough
// samples would take too long. Fewer are enough when they say as much as two
// looks: a breach must hold at the significance BreachAlpha squared, and is sure.
func EvaluateFew(objectives []serving.Objective, arm serving.ArmObservation, fleet string, variant serving.Variant) []Status {
	out := evaluate(objectives, arm, Status{Fleet: fleet, Variant: variant}, test{fewSamples, BreachAlpha * BreachAlpha})
	for i := range out {
		out[i].Sure = out[i].Breached
	}
	return out
}

// test is what a breach must hold against.
type test struct {
	minSamples int
	alpha      float64
}

func evaluate(objectives []serving.Objective, arm serving.ArmObservation, of Status, against test) []Status {
	out := make([]Status, 0, len(objectives))
	for _, o := range objectives {
		s := of
		s.Objective = o
		if o.IsLatency() {
			s.fromLatencies(judge.Decided(arm, o.Metric, o.Threshold), against)
		} else {
			s.Hard = judge.PlainErrors(arm, o.AllowedShare(), judge.DefaultConfig())
			if s.fromRate(arm.Failed, arm.Requests, against); s.Breached {
				s.BeganUnix = firstFailure(arm.Samples)
			}
		}
		out = append(out, s)
	}
	return out
}

func (s *Status) fromLatencies(values judge.Decisions, against test) {
	s.Samples, s.Running = values.Count(), values.Running
	s.Observed = serving.Known(values.Quantile(s.Objective.Quantile))
	s.Hard = judge.PlainBreach(values, s.Objective, judge.DefaultConfig())
	if s.decide(values.Above(s.Objective.Threshold), values.Count(), against); s.Breached {
		s.BeganUnix = values.MissedUnix
	}
}

// fromRate judges an objective on failures; Hard is set already.
func (s *Status) fromRate(failed, requests int, against test) {
	s.Samples = requests
	rate := serving.Known(float64(failed)).Over(serving.Known(float64(requests)))
	if v, ok := rate.Get(); ok && s.Objective.Metric == serving.MetricAvailability {
		rate = serving.Known(1 - v)
	}
	s.Observed = rate
	s.decide(failed, requests, against)
}

// decide sets Breached and NoData from the number of requests that missed the
// objective; Hard is set already.
func (s *Status) decide(missed, n int, against test) {
	if s.Hard {
		s.Breached = true
		return
	}
	if s.NoData = n < max(against.minSamples, 1); s.NoData {
		return
	}
	s.Breached = judge.ShareExceeds(missed, n, s.Objective.AllowedShare(), against.alpha)
}

// firstFailure is when the earliest request that failed ended.
func firstFailure(samples []serving.RequestSample) serving.Measure {
	first := serving.Unknown()
	for _, r := range samples {
		if r.Failed {
			first = serving.Known(min(r.EndedUnix, first.Or(r.EndedUnix)))
		}
	}
	return first
}

func (s Status) reason() string {
	o, observed := s.Objective, s.Observed.Or(0)
	strength := "beyond chance"
	if s.Hard || s.Sure {
		strength = "plainly"
	}
	if o.IsLatency() {
		running := ""
		if s.Running > 0 {
			running = fmt.Sprintf(", %d of which have not ended and count by their age", s.Running)
		}
		return fmt.Sprintf("p%.4g %s of %s is %.3g s, %s above the objective of %.3g s, over %d requests%s",
			o.Quantile*100, o.Metric, s.Variant, observed, strength, o.Threshold, s.Samples, running)
	}
	side := "above"
	if o.Metric == serving.MetricAvailability {
		side = "below"
	}
	return fmt.Sprintf("%s of %s is %.3g%%, %s %s the objective of %.3g%%, over %d requests",
		o.Metric, s.Variant, observed*100, strength, side, o.Threshold*100, s.Samples)
}
