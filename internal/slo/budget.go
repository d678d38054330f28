package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// BudgetStatus is an error budget at one time.
type BudgetStatus struct {
	Good float64 `json:"good"`
	Bad  float64 `json:"bad"`
	// CoveredSeconds is how much of the period there are counts of: from the first
	// event within it until now.
	CoveredSeconds float64 `json:"covered_seconds"`
	// Allowed is how many events of a whole period may be bad, at the rate of
	// events seen so far.
	Allowed float64 `json:"allowed"`
	// Compliance is the share of good events; unknown without events.
	Compliance serving.Measure `json:"compliance"`
	// Remaining is the share of the budget that is left: 1 untouched, 0 spent,
	// negative overspent; unknown without events.
	Remaining serving.Measure `json:"remaining"`
	NoData    bool            `json:"no_data"`
}

// Spent reports whether nothing is left, in which case experiments on
// production are refused. A budget without data is not spent: it is not known.
func (b BudgetStatus) Spent() bool {
	left, known := b.Remaining.Get()
	return known && left <= 0
}

// Budget is what is left of an error budget: share is the share of events that
// may be bad, periodSeconds the time it is meant for. Until a whole period is
// covered, what is allowed is extrapolated to it: ten bad minutes at the
// beginning are not a month's budget.
func Budget(series []Bucket, share, periodSeconds, now float64) BudgetStatus {
	sum := Counted(series, periodSeconds, now)
	events := sum.Good + sum.Bad
	out := BudgetStatus{Good: sum.Good, Bad: sum.Bad, NoData: events == 0}
	if out.NoData {
		return out
	}
	out.CoveredSeconds = covered(series, periodSeconds, now)
	out.Allowed = share * events * periodSeconds / out.CoveredSeconds
	out.Compliance = serving.Known(sum.Good / events)
	switch {
	case out.Allowed > 0:
		out.Remaining = serving.Known(1 - sum.Bad/out.Allowed)
	case sum.Bad > 0:
		// No budget at all: the first bad event overspends it.
		out.Remaining = serving.Known(-1)
	default:
		out.Remaining = serving.Known(1)
	}
	return out
}

// leastCovered bounds the extrapolation: the rate of a single minute says little,
// that of none nothing.
const leastCovered = 60

// covered is the time from the first event of the period until now.
func covered(series []Bucket, periodSeconds, now float64) float64 {
	first := now
	for _, b := range series {
		if b.Good+b.Bad > 0 && b.StartUnix+b.Seconds > now-periodSeconds {
			first = min(first, b.StartUnix)
		}
	}
	return min(max(now-first, min(leastCovered, periodSeconds)), periodSeconds)
}

// RecoversUnix is when a spent budget has something left again, in seconds since
// 1970, if nothing bad happens until then: bad events fall out of the period in
// the order in which they came. Unknown when it is not spent, or cannot recover
// because nothing is allowed.
func RecoversUnix(series []Bucket, b BudgetStatus, periodSeconds, now float64) serving.Measure {
	if !b.Spent() || b.Allowed <= 0 {
		return serving.Unknown()
	}
	bad := b.Bad
	for _, old := range inOrder(series) {
		if old.StartUnix+old.Seconds <= now-periodSeconds || old.Bad == 0 {
			continue
		}
		if bad -= old.Bad; bad < b.Allowed {
			return serving.Known(old.StartUnix + old.Seconds + periodSeconds)
		}
	}
	return serving.Unknown()
}
