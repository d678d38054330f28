package slo

import "github.com/optiinfra/performance-agent/internal/serving"

// Pair is a long and a short window that must both burn faster than Factor. The
// long one says that it matters, the short one that it is still going on.
type Pair struct {
	Name         string  `json:"name"`
	LongSeconds  float64 `json:"long_seconds"`
	ShortSeconds float64 `json:"short_seconds"`
	// Factor is how many times faster than its budget allows an objective burns.
	Factor float64 `json:"factor"`
	// Severity is whether it wakes a person or opens a ticket.
	Severity serving.AlertSeverity `json:"severity"`
	// MinEvents in each window, below which it is without data.
	MinEvents float64 `json:"min_events"`
}

// The standard windows for a period of 30 days, from the multiwindow,
// multi-burn-rate alerts of the SRE workbook (field.md 4.10): factor is the share
// of the budget spent over the long window, times the period over that window.
var standard = [...]struct {
	name        string
	long, short float64 // as shares of the period
	spent       float64
	severity    serving.AlertSeverity
}{
	{"page-fast", 1.0 / 720, 1.0 / 8640, 0.02, serving.AlertPage},    // 1 h and 5 min: 14.4
	{"page-slow", 6.0 / 720, 0.5 / 720, 0.05, serving.AlertPage},     // 6 h and 30 min: 6
	{"ticket-fast", 24.0 / 720, 2.0 / 720, 0.1, serving.AlertTicket}, // 1 d and 2 h: 3
	{"ticket-slow", 72.0 / 720, 6.0 / 720, 0.1, serving.AlertTicket}, // 3 d and 6 h: 1
}

// StandardPairs are the pairs for a period: the windows scale with it and the
// factors stay.
func StandardPairs(periodSeconds float64) []Pair {
	out := make([]Pair, 0, len(standard))
	for _, s := range standard {
		out = append(out, Pair{Name: s.name, LongSeconds: s.long * periodSeconds, ShortSeconds: s.short * periodSeconds,
			Factor: s.spent / s.long, Severity: s.severity})
	}
	return out
}

// minRequests is how many requests a window needs to be judged: with fewer, one
// slow answer would wake somebody.
const minRequests = 20

// greatestBadShare is the share of bad events beyond which no alert waits. An
// objective on a median allows half of the requests to be slow, so that nothing
// can burn its budget 14.4 times too fast; nine bad ones of ten are an alert all
// the same.
const greatestBadShare = 0.9

// PairsOf are the standard pairs for an objective, on its own window.
func PairsOf(o serving.Objective) []Pair {
	pairs := StandardPairs(PeriodSeconds(o))
	for i := range pairs {
		if !ByTime(o) {
			pairs[i].MinEvents = minRequests
		}
	}
	return reachable(pairs, BudgetShare(o))
}

// CanaryPairsOf are the short pairs for an objective. A canary lives minutes, so
// its requests are counted whatever the budget is made of.
func CanaryPairsOf(o serving.Objective) []Pair { return reachable(CanaryPairs(), o.AllowedShare()) }

// reachable lowers factors that no traffic could reach.
func reachable(pairs []Pair, share float64) []Pair {
	for i := range pairs {
		if share > 0 {
			pairs[i].Factor = min(pairs[i].Factor, greatestBadShare/share)
		}
	}
	return pairs
}

// CanaryPairs are short pairs for the traffic of a canary, which lives minutes:
// 5 min with 1 min at the fast factor and 30 min with 5 min at the slow one,
// each window with at least 20 requests. They are not derived from a share of a
// month's budget, since a canary that burns at these factors is not to go on
// until it has spent one.
func CanaryPairs() []Pair {
	return []Pair{
		{Name: "canary-fast", LongSeconds: 300, ShortSeconds: 60, Factor: 14.4, Severity: serving.AlertPage, MinEvents: minRequests},
		{Name: "canary-slow", LongSeconds: 1800, ShortSeconds: 300, Factor: 6, Severity: serving.AlertPage, MinEvents: minRequests},
	}
}

// Burn is how many times faster than allowed an objective used its budget over
// the last windowSeconds: the share of bad events over the share that may be
// bad. It is unknown with fewer than minEvents, with none, and without a budget.
func Burn(series []Bucket, budget, windowSeconds, now, minEvents float64) serving.Measure {
	sum := Counted(series, windowSeconds, now)
	events := sum.Good + sum.Bad
	if events < minEvents {
		return serving.Unknown()
	}
	return serving.Known(sum.Bad).Over(serving.Known(events)).Over(serving.Known(budget))
}

// Alert is the state of one pair.
type Alert struct {
	Pair   Pair            `json:"pair"`
	Long   serving.Measure `json:"long_burn"`
	Short  serving.Measure `json:"short_burn"`
	Firing bool            `json:"firing"`
}

// Alerts evaluates pairs in their order. A pair fires when both windows burn at
// its factor or faster; one without data never fires.
func Alerts(series []Bucket, budget float64, pairs []Pair, now float64) []Alert {
	out := make([]Alert, 0, len(pairs))
	for _, p := range pairs {
		a := Alert{Pair: p,
			Long:  Burn(series, budget, p.LongSeconds, now, p.MinEvents),
			Short: Burn(series, budget, p.ShortSeconds, now, p.MinEvents)}
		long, okLong := a.Long.Get()
		short, okShort := a.Short.Get()
		a.Firing = okLong && okShort && long >= p.Factor && short >= p.Factor
		out = append(out, a)
	}
	return out
}
