package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// BudgetDuring is what the run's time cost the error budget of an objective, by
// what the monitor counted of all production variants.
type BudgetDuring struct {
	Objective serving.Objective `json:"objective"`
	// Counts is what the budget is made of: "requests" or "minutes". Share is the
	// share of them that may be bad.
	Counts string  `json:"counts"`
	Share  float64 `json:"share"`
	Good   float64 `json:"good"`
	Bad    float64 `json:"bad"`
	// Missed is the share of bad events while the run was open; unknown when
	// nothing was counted.
	Missed serving.Measure `json:"missed"`
	// Before and After are the shares of the budget that were left at the run's
	// start and end; unknown without counts.
	Before serving.Measure `json:"remaining_before"`
	After  serving.Measure `json:"remaining_after"`
	Series []Slice         `json:"series"`
}

// Slice is a part of the run's time, in seconds since its start.
type Slice struct {
	AtSeconds float64 `json:"at_seconds"`
	Seconds   float64 `json:"seconds"`
	Good      float64 `json:"good"`
	Bad       float64 `json:"bad"`
}

// productionVariants see users.
func productionVariants() []serving.Variant {
	return []serving.Variant{serving.Stable, serving.Canary, serving.Baseline}
}

func budgetsOf(f Facts, objectives []serving.Objective) []BudgetDuring {
	out := []BudgetDuring{}
	for _, o := range objectives {
		b := BudgetDuring{Objective: o, Counts: "requests", Share: slo.BudgetShare(o), Series: slicesOf(f, o)}
		if slo.ByTime(o) {
			b.Counts = "minutes"
		}
		for _, s := range b.Series {
			b.Good, b.Bad = b.Good+s.Good, b.Bad+s.Bad
		}
		b.Missed = serving.Known(b.Bad).Over(serving.Known(b.Good + b.Bad))
		b.Before, b.After = remaining(f, o, f.Run.StartedAt), remaining(f, o, f.end())
		out = append(out, b)
	}
	return out
}

// remaining is what was left of stable's budget at a time, counting nothing after it.
func remaining(f Facts, o serving.Objective, at time.Time) serving.Measure {
	until := unix(at)
	var before []slo.Tally
	for _, t := range f.Tallies {
		if t.StartUnix < until {
			before = append(before, t)
		}
	}
	return slo.ReportOf(o, serving.Stable, before, until).Budget.Remaining
}

// slicesOf merges the variants' events, slice by slice.
func slicesOf(f Facts, o serving.Objective) []Slice {
	from, until := unix(f.Run.StartedAt), unix(f.end())
	out := []Slice{}
	place := map[float64]int{}
	for _, v := range productionVariants() {
		for _, b := range slo.SeriesOf(o, v, f.Tallies) {
			if b.StartUnix+b.Seconds <= from || b.StartUnix >= until {
				continue
			}
			i, known := place[b.StartUnix]
			if !known {
				i = len(out)
				place[b.StartUnix] = i
				out = append(out, Slice{AtSeconds: b.StartUnix - from, Seconds: b.Seconds})
			}
			out[i].Good, out[i].Bad = out[i].Good+b.Good, out[i].Bad+b.Bad
		}
	}
	slices.SortFunc(out, func(a, b Slice) int { return cmp.Compare(a.AtSeconds, b.AtSeconds) })
	return out
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
