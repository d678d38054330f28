package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// Bucket counts the good and the bad events that began within a slice of time.
type Bucket struct {
	StartUnix float64 `json:"start_unix"` // seconds since 1970
	Good      float64 `json:"good"`
	Bad       float64 `json:"bad"`
}

// Misses reports whether a request missed the objective's threshold. A failed
// request misses every objective; a latency that was not measured (an answer of
// one token has no gap) is not known and counts for neither side.
func Misses(o serving.Objective, r serving.RequestSample) (missed, known bool) {
	if r.Failed || !o.IsLatency() {
		return r.Failed, true
	}
	var m serving.Measure
	switch o.Metric {
	case serving.MetricTTFT:
		m = r.TTFTSeconds
	case serving.MetricITL:
		m = r.ITLSeconds
	case serving.MetricE2E:
		m = r.E2ESeconds
	}
	v, ok := m.Get()
	return ok && v > o.Threshold, ok
}

// Requests counts requests against an objective. Their budget is the
// objective's AllowedShare.
func Requests(o serving.Objective, startUnix float64, samples []serving.RequestSample) Bucket {
	b := Bucket{StartUnix: startUnix}
	for _, r := range samples {
		switch missed, known := Misses(o, r); {
		case !known:
		case missed:
			b.Bad++
		default:
			b.Good++
		}
	}
	return b
}

// Slice counts one evaluated window as one event: kept or broken. The budget of
// such events is 1 - Target (see SliceBudget). A window without data is none.
func Slice(s Status, startUnix float64) Bucket {
	switch {
	case s.NoData:
		return Bucket{StartUnix: startUnix}
	case s.Breached:
		return Bucket{StartUnix: startUnix, Bad: 1}
	}
	return Bucket{StartUnix: startUnix, Good: 1}
}

// defaultTarget and defaultWindowDays are what the zero fields of an objective
// mean.
const (
	defaultTarget     = 0.999
	defaultWindowDays = 30
	secondsPerDay     = 86400
)

// SliceBudget is the share of windows in which an objective may be broken.
func SliceBudget(o serving.Objective) float64 {
	if o.Target == 0 {
		return 1 - defaultTarget
	}
	return 1 - o.Target
}

// PeriodSeconds is the time over which an objective's budget is spent.
func PeriodSeconds(o serving.Objective) float64 {
	if o.WindowDays == 0 {
		return defaultWindowDays * secondsPerDay
	}
	return o.WindowDays * secondsPerDay
}

// Counted sums the events of buckets that began in the last windowSeconds.
func Counted(series []Bucket, windowSeconds, now float64) Bucket {
	sum := Bucket{StartUnix: now - windowSeconds}
	for _, b := range series {
		if b.StartUnix > now-windowSeconds && b.StartUnix <= now {
			sum.Good += b.Good
			sum.Bad += b.Bad
		}
	}
	return sum
}
