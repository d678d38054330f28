package judge

import (
	"cmp"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Arm is one side of a comparison. Replicas is how many share its traffic; 0
// when not known.
type Arm struct {
	Variant     serving.Variant
	Observation serving.ArmObservation
	Replicas    int
	// Share of the traffic, in percent; 0 when not known.
	Share float64
	// Unsampled says that the router keeps no single requests, at most counts: the
	// engines' histograms then stand for its latencies.
	Unsampled bool
	// Engine is what the arm's engines counted over the window, nil when that is
	// not known; NoEngine then says why. Gauges are what they showed at the looks.
	Engine   *serving.Snapshot
	NoEngine string
	Gauges   serving.ArmGauges
}

// latencyMetrics in the order in which they are judged and reported.
var latencyMetrics = [...]serving.Metric{serving.MetricTTFT, serving.MetricITL, serving.MetricE2E}

// Latencies collects one latency of the requests that have it, in the order in
// which they ended. Failed requests have none; they count as errors.
func Latencies(samples []serving.RequestSample, m serving.Metric) Sample {
	return latencies(inOrder(samples), m)
}

func inOrder(samples []serving.RequestSample) []serving.RequestSample {
	ordered := slices.Clone(samples)
	slices.SortStableFunc(ordered, func(a, b serving.RequestSample) int { return cmp.Compare(a.EndedUnix, b.EndedUnix) })
	return ordered
}

func latencies(ordered []serving.RequestSample, m serving.Metric) Sample {
	values := make([]float64, 0, len(ordered))
	for _, s := range ordered {
		if v, ok := latencyOf(s, m).Get(); ok && !s.Failed {
			values = append(values, v)
		}
	}
	return NewSample(values)
}

func latencyOf(s serving.RequestSample, m serving.Metric) serving.Measure {
	switch m {
	case serving.MetricTTFT:
		return s.TTFTSeconds
	case serving.MetricITL:
		return s.ITLSeconds
	case serving.MetricE2E:
		return s.E2ESeconds
	}
	return serving.Unknown()
}

// side is an arm made ready for judging.
type side struct {
	Arm
	name      string
	requests  int
	failed    int
	failures  []float64 // 1 for each kept request that failed, 0 for others, in time
	latencies [len(latencyMetrics)]Sample
}

func newSide(a Arm) side {
	s := side{Arm: a, name: string(a.Variant), requests: a.Observation.Requests, failed: a.Observation.Failed}
	ordered := inOrder(a.Observation.Samples)
	for i, m := range latencyMetrics {
		s.latencies[i] = latencies(ordered, m)
	}
	failed := 0
	s.failures = make([]float64, len(ordered))
	for i, r := range ordered {
		if r.Failed {
			failed++
			s.failures[i] = 1
		}
	}
	// A router counts at least what it kept.
	s.requests, s.failed = max(s.requests, len(a.Observation.Samples)), max(s.failed, failed)
	return s
}

func (s side) latency(m serving.Metric) Sample {
	if i := slices.Index(latencyMetrics[:], m); i >= 0 {
		return s.latencies[i]
	}
	return Sample{}
}

// decided are the requests of which it is known whether they keep an objective.
func (s side) decided(o serving.Objective) Decisions {
	return Decided(s.Observation, o.Metric, o.Threshold)
}

// counted is the observation with counts of at least what was kept.
func (s side) counted() serving.ArmObservation {
	o := s.Observation
	o.Requests, o.Failed = s.requests, s.failed
	return o
}

// errorRate is unknown without requests.
func (s side) errorRate() serving.Measure {
	return serving.Known(float64(s.failed)).Over(serving.Known(float64(s.requests)))
}

// load is the request rate of one replica, unknown when that cannot be told.
func (s side) load() serving.Measure {
	perSecond := serving.Known(float64(s.requests)).Over(serving.Known(s.Observation.WindowSeconds))
	return perSecond.Over(serving.Known(float64(s.Replicas)))
}

func (s side) summary(confidence float64) serving.ArmSummary {
	engineRequests := serving.Unknown()
	if s.Engine != nil {
		engineRequests = s.Engine.Requests()
	}
	return serving.ArmSummary{
		Replicas: s.Replicas, EngineRequests: engineRequests, Variant: s.Variant, WindowSeconds: s.Observation.WindowSeconds, Requests: s.requests, Failed: s.failed,
		TTFT: summarise(s.latency(serving.MetricTTFT), confidence),
		ITL:  summarise(s.latency(serving.MetricITL), confidence),
		E2E:  summarise(s.latency(serving.MetricE2E), confidence),
	}
}
