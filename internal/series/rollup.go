package series

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// Rollup is what was measured in a stretch of time. Its zero value is a stretch
// without a measurement.
type Rollup struct {
	// At is the beginning of the stretch, or for one snapshot when it was taken.
	At        time.Time `json:"at"`
	Snapshots int       `json:"snapshots"`
	// Seconds is how long the snapshots' windows are together: a monitor that
	// looks for 5 s each minute observes 5 of 60.
	Seconds float64 `json:"seconds"`

	TTFT *serving.Histogram `json:"ttft,omitempty"`
	ITL  *serving.Histogram `json:"itl,omitempty"`
	E2E  *serving.Histogram `json:"e2e,omitempty"`

	Requests         Total `json:"requests"`
	PromptTokens     Total `json:"prompt_tokens"`
	GenerationTokens Total `json:"generation_tokens"`
	Preemptions      Total `json:"preemptions"`

	Failures   Share `json:"failures"`    // of requests
	PrefixHits Share `json:"prefix_hits"` // of looked-up prompt tokens

	Running        Gauge `json:"running"`
	Waiting        Gauge `json:"waiting"`
	KVUsage        Gauge `json:"kv_usage"`
	GPUUtilization Gauge `json:"gpu_utilization"`
}

// Total is an increase and the seconds it was observed in; without seconds it is
// not known. A snapshot that does not report it adds to neither.
type Total struct {
	Amount  float64 `json:"amount"`
	Seconds float64 `json:"seconds"`
}

// PerSecond is the rate over the observed time.
func (t Total) PerSecond() serving.Measure {
	return serving.Known(t.Amount).Over(serving.Known(t.Seconds))
}

func (t Total) plus(o Total) Total { return Total{t.Amount + o.Amount, t.Seconds + o.Seconds} }

// Share is a part of a whole, both counted in the same snapshots.
type Share struct {
	Part  float64 `json:"part"`
	Whole float64 `json:"whole"`
}

// Ratio of the two; not known while the whole is 0.
func (s Share) Ratio() serving.Measure { return serving.Known(s.Part).Over(serving.Known(s.Whole)) }

func (s Share) plus(o Share) Share { return Share{s.Part + o.Part, s.Whole + o.Whole} }

// Gauge is a level over time.
type Gauge struct {
	Weighted float64 `json:"weighted"` // sum of level times seconds
	Seconds  float64 `json:"seconds"`
	Greatest float64 `json:"greatest"` // of the means over a snapshot's window
}

// Mean is weighted by time; not known when it was never measured.
func (g Gauge) Mean() serving.Measure {
	return serving.Known(g.Weighted).Over(serving.Known(g.Seconds))
}

// Max is the greatest level seen.
func (g Gauge) Max() serving.Measure {
	if g.Seconds == 0 {
		return serving.Unknown()
	}
	return serving.Known(g.Greatest)
}

func (g Gauge) plus(o Gauge) Gauge {
	switch {
	case g.Seconds == 0:
		return o
	case o.Seconds == 0:
		return g
	}
	return Gauge{g.Weighted + o.Weighted, g.Seconds + o.Seconds, max(g.Greatest, o.Greatest)}
}

// Of is the roll-up of one snapshot.
func Of(r serving.SnapshotRecord) Rollup {
	s := r.Snapshot
	out := Rollup{
		At: r.TakenAt, Snapshots: 1, Seconds: s.WindowSeconds,
		TTFT: observed(s.TTFT), ITL: observed(slo.LatencyHistogram(s, serving.MetricITL)), E2E: observed(s.E2E),
		Requests: total(s, s.Requests()), PromptTokens: total(s, s.PromptTokens),
		GenerationTokens: total(s, s.GenerationTokens), Preemptions: total(s, s.Preemptions),
		Running: gauge(s, s.Running, s.Running), Waiting: gauge(s, s.Waiting, s.Waiting),
		KVUsage: gauge(s, s.KVUsage, s.KVUsageMax), GPUUtilization: gauge(s, s.GPUUtilization, s.GPUUtilization),
	}
	if failed, requests, ok := slo.Failures(s); ok {
		out.Failures = Share{float64(failed), float64(requests)}
	}
	if hits, ok := s.PrefixHitTokens.Get(); ok {
		if queries, ok := s.PrefixQueryTokens.Get(); ok {
			out.PrefixHits = Share{hits, queries}
		}
	}
	return out
}

// observed drops a histogram of nothing: it would only cost room.
func observed(h *serving.Histogram) *serving.Histogram {
	if h == nil || h.Count <= 0 || len(h.Counts) != len(h.Bounds) {
		return nil
	}
	return h
}

func total(s serving.Snapshot, increase serving.Measure) Total {
	amount, known := increase.Get()
	if !known || s.WindowSeconds <= 0 {
		return Total{}
	}
	return Total{amount, s.WindowSeconds}
}

// leastWeight is what a snapshot of a single reading counts: its window has no
// length, and its gauges were read all the same.
const leastWeight = 1

func gauge(s serving.Snapshot, level, greatest serving.Measure) Gauge {
	v, known := level.Get()
	if !known {
		return Gauge{}
	}
	seconds := max(s.WindowSeconds, leastWeight)
	return Gauge{v * seconds, seconds, max(v, greatest.Or(v))}
}

// Merge puts roll-ups together, as the one of the stretch that begins at at.
func Merge(at time.Time, list ...Rollup) Rollup {
	out := Rollup{At: at}
	for _, r := range list {
		out.Snapshots += r.Snapshots
		out.Seconds += r.Seconds
		out.TTFT, out.ITL, out.E2E = addHistograms(out.TTFT, r.TTFT), addHistograms(out.ITL, r.ITL), addHistograms(out.E2E, r.E2E)
		out.Requests, out.PromptTokens = out.Requests.plus(r.Requests), out.PromptTokens.plus(r.PromptTokens)
		out.GenerationTokens, out.Preemptions = out.GenerationTokens.plus(r.GenerationTokens), out.Preemptions.plus(r.Preemptions)
		out.Failures, out.PrefixHits = out.Failures.plus(r.Failures), out.PrefixHits.plus(r.PrefixHits)
		out.Running, out.Waiting = out.Running.plus(r.Running), out.Waiting.plus(r.Waiting)
		out.KVUsage, out.GPUUtilization = out.KVUsage.plus(r.KVUsage), out.GPUUtilization.plus(r.GPUUtilization)
	}
	return out
}
