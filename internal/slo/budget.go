package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// BudgetStatus is an error budget at one time.
type BudgetStatus struct {
	Good float64 `json:"good"`
	Bad  float64 `json:"bad"`
	// Allowed is how many of the events of the period so far may be bad.
	Allowed float64 `json:"allowed"`
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

// Budget is what is left of an error budget: budget is the share of events that
// may be bad, periodSeconds the time it is meant for.
func Budget(series []Bucket, budget, periodSeconds, now float64) BudgetStatus {
	sum := Counted(series, periodSeconds, now)
	events := sum.Good + sum.Bad
	out := BudgetStatus{Good: sum.Good, Bad: sum.Bad, Allowed: budget * events, NoData: events == 0}
	switch {
	case out.NoData:
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
