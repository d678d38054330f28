package judge

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Decisions are the latencies of the requests of which it was decided within a
// window whether they keep a threshold. One that runs and is beyond it is decided
// although it has not ended: its value is its age, the least that it can become
// (a measurement censored on the right).
type Decisions struct {
	Sample
	// Running of them have not ended.
	Running int
	// MissedUnix is when the first of those beyond the threshold passed it, in
	// seconds since 1970; unknown without any.
	MissedUnix serving.Measure

	inOrder []decision
}

// Decided collects the decisions on a threshold, in the order of time. Where the
// router tells of running requests, each request counts in the window in which it
// was decided, once: when it passed the threshold, or else when its latency was
// known. To count running ones by their age and ended ones by their end would
// count the slow ones of a healthy arm twice, in one window and in the next.
func Decided(o serving.ArmObservation, m serving.Metric, threshold float64) Decisions {
	var all []decision
	for _, s := range o.Samples {
		if v, ok := latencyOf(s, m).Get(); ok && !s.Failed {
			all = append(all, decision{value: v, at: s.EndedUnix - known(s, m, v, o.Running != nil, threshold)})
		}
	}
	for _, r := range o.Running {
		if v, at, ok := running(r, m, threshold); ok {
			all = append(all, decision{value: v, at: o.SinceUnix + o.WindowSeconds - r.AgeSeconds + at, running: true})
		}
	}
	if o.Running != nil && o.SinceUnix > 0 {
		all = slices.DeleteFunc(all, func(d decision) bool { return d.at < o.SinceUnix })
	}
	return decisions(all, threshold)
}

// decision is one request; at is in seconds since 1970.
type decision struct {
	value, at float64
	running   bool
}

// known is how long before its end a request's latency was known or beyond the
// threshold, in seconds. Without word of running requests it counts at its end.
func known(s serving.RequestSample, m serving.Metric, v float64, toldOfRunning bool, threshold float64) float64 {
	whole, ok := s.E2ESeconds.Get()
	if !toldOfRunning || !ok || m != serving.MetricTTFT && m != serving.MetricE2E {
		return 0
	}
	return max(0, whole-min(v, threshold))
}

// running is the least value that a running request will have and when, in seconds
// after its arrival, it was decided by it; not ok while that is open. The mean gap
// between tokens is open until the end.
func running(r serving.RunningRequest, m serving.Metric, threshold float64) (v, at float64, ok bool) {
	ttft, came := r.TTFTSeconds.Get()
	switch {
	case m == serving.MetricTTFT && came:
		return ttft, min(ttft, threshold), true
	case m == serving.MetricE2E || m == serving.MetricTTFT && r.AwaitsToken:
		return r.AgeSeconds, threshold, r.AgeSeconds > threshold
	}
	return 0, 0, false
}

func decisions(all []decision, threshold float64) Decisions {
	slices.SortStableFunc(all, func(a, b decision) int { return cmp.Compare(a.at, b.at) })
	out, values := Decisions{inOrder: all}, make([]float64, 0, len(all))
	for _, d := range all {
		values = append(values, d.value)
		if d.running {
			out.Running++
		}
		if d.value > threshold && !out.MissedUnix.IsKnown() {
			out.MissedUnix = serving.Known(d.at)
		}
	}
	out.Sample = NewSample(values)
	return out
}

// spanAbove is the time from the first to the last decision beyond a value, in
// seconds; 0 without any.
func (d Decisions) spanAbove(v float64) float64 {
	first, last := math.Inf(1), math.Inf(-1)
	for _, one := range d.inOrder {
		if one.value > v {
			first, last = min(first, one.at), one.at
		}
	}
	return max(0, last-first)
}

// unfinished mentions requests that count by their age.
func (d Decisions) unfinished() string {
	if d.Running == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them not ended and counted by their age", d.Running)
}
