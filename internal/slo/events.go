package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// Bucket counts the good and the bad events within a slice of time.
type Bucket struct {
	StartUnix float64 `json:"start_unix"` // seconds since 1970
	Seconds   float64 `json:"seconds"`    // length; 0 is an instant
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

const secondsPerDay = 86400

// defaultWindowDays is what a missing window of an objective means.
const defaultWindowDays = 30

// PeriodSeconds is the time over which an objective's budget is spent.
func PeriodSeconds(o serving.Objective) float64 {
	if o.WindowDays == 0 {
		return defaultWindowDays * secondsPerDay
	}
	return o.WindowDays * secondsPerDay
}

// LongestPeriod is the longest of objectives, in seconds; 0 without any.
func LongestPeriod(objectives []serving.Objective) float64 {
	longest := 0.0
	for _, o := range objectives {
		longest = max(longest, PeriodSeconds(o))
	}
	return longest
}

// ByTime reports whether the budget of an objective is one of minutes rather
// than of requests.
func ByTime(o serving.Objective) bool { return o.Target > 0 }

// BudgetShare is the share of events that may be bad: of minutes for a budget of
// time, otherwise of requests.
func BudgetShare(o serving.Objective) float64 {
	if ByTime(o) {
		return 1 - o.Target
	}
	return o.AllowedShare()
}

// Counted sums the events of the buckets that reach into the last windowSeconds.
func Counted(series []Bucket, windowSeconds, now float64) Bucket {
	sum := Bucket{StartUnix: now - windowSeconds, Seconds: windowSeconds}
	for _, b := range series {
		if b.StartUnix+b.Seconds > now-windowSeconds && b.StartUnix <= now {
			sum.Good += b.Good
			sum.Bad += b.Bad
		}
	}
	return sum
}
