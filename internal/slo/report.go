package slo

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Report is where one objective stands over its whole window.
type Report struct {
	Objective serving.Objective `json:"objective"`
	Variant   serving.Variant   `json:"variant"`
	// Counts is what the budget is made of: "requests" or "minutes".
	Counts        string  `json:"counts"`
	PeriodSeconds float64 `json:"period_seconds"`
	// BudgetShare is the share of events that may be bad, 0..1.
	BudgetShare float64      `json:"budget_share"`
	Budget      BudgetStatus `json:"budget"`
	// Burns are the windows of the alerts and the whole period, shortest first.
	Burns  []WindowBurn `json:"burns"`
	Alerts []Alert      `json:"alerts"`
	// ExhaustedInSeconds is when the budget is spent if it burns on as in the long
	// window of the first alert that has data; unknown when it does not burn.
	ExhaustedInSeconds serving.Measure `json:"exhausted_in_seconds"`
	// RecoversUnix is when a spent budget has something left again, if nothing bad
	// happens until then.
	RecoversUnix serving.Measure `json:"recovers_unix"`
}

// WindowBurn is how fast the budget burnt over one window; unknown without data.
type WindowBurn struct {
	WindowSeconds float64         `json:"window_seconds"`
	Good          float64         `json:"good"`
	Bad           float64         `json:"bad"`
	Burn          serving.Measure `json:"burn"`
}

// ReportOf judges an objective on what was counted of a variant until now.
func ReportOf(o serving.Objective, v serving.Variant, tallies []Tally, now float64) Report {
	series, share, period := SeriesOf(o, v, tallies), BudgetShare(o), PeriodSeconds(o)
	out := Report{Objective: o, Variant: v, Counts: "requests", PeriodSeconds: period, BudgetShare: share,
		Budget: Budget(series, share, period, now), Alerts: Alerts(series, share, PairsOf(o), now)}
	if ByTime(o) {
		out.Counts = "minutes"
	}
	out.Burns = burns(series, share, append(windowsOf(out.Alerts), period), now)
	out.ExhaustedInSeconds = exhaustedIn(out)
	out.RecoversUnix = RecoversUnix(series, out.Budget, period, now)
	return out
}

// CanaryReportOf judges an objective on the last half hour of a canary or its
// baseline: there is no budget, only the short pairs.
func CanaryReportOf(o serving.Objective, v serving.Variant, tallies []Tally, now float64) Report {
	series, share := requestSeries(o, v, tallies), o.AllowedShare()
	out := Report{Objective: o, Variant: v, Counts: "requests", BudgetShare: share, Alerts: Alerts(series, share, CanaryPairsOf(o), now)}
	windows := windowsOf(out.Alerts)
	out.PeriodSeconds = windows[len(windows)-1]
	out.Budget = Budget(series, share, out.PeriodSeconds, now)
	out.Burns = burns(series, share, windows, now)
	return out
}

// windowsOf are the windows of alerts, each once and the shortest first.
func windowsOf(alerts []Alert) []float64 {
	var out []float64
	for _, a := range alerts {
		out = append(out, a.Pair.ShortSeconds, a.Pair.LongSeconds)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func burns(series []Bucket, share float64, windows []float64, now float64) []WindowBurn {
	out := make([]WindowBurn, 0, len(windows))
	for _, w := range windows {
		sum := Counted(series, w, now)
		out = append(out, WindowBurn{WindowSeconds: w, Good: sum.Good, Bad: sum.Bad, Burn: Burn(series, share, w, now, 0)})
	}
	return out
}

func exhaustedIn(r Report) serving.Measure {
	left, known := r.Budget.Remaining.Get()
	if !known || left <= 0 {
		return serving.Unknown()
	}
	for _, a := range r.Alerts {
		if burn, ok := a.Long.Get(); ok {
			if burn == 0 {
				return serving.Unknown()
			}
			return serving.Known(left * r.PeriodSeconds / burn)
		}
	}
	return serving.Unknown()
}

// BurnViolations are the alerts of reports that fire now, one for each severity
// of an objective: its alerts differ in how early they see the same fire.
func BurnViolations(reports []Report, fleet string, now float64) []serving.Violation {
	var out []serving.Violation
	for _, r := range reports {
		for _, severity := range []serving.AlertSeverity{serving.AlertPage, serving.AlertTicket} {
			firing := slices.IndexFunc(r.Alerts, func(a Alert) bool { return a.Firing && a.Pair.Severity == severity })
			if firing < 0 {
				continue
			}
			out = append(out, r.violation(r.Alerts[firing], fleet, now))
		}
	}
	return out
}

func (r Report) violation(a Alert, fleet string, now float64) serving.Violation {
	kind := "burn-" + string(a.Pair.Severity)
	burn := a.Long.Or(0)
	return serving.Violation{
		ID: FingerprintOf(fleet, r.Variant, r.Objective.Name, kind), Fleet: fleet, Variant: r.Variant, SLO: r.Objective.Name,
		Kind: kind, Severity: a.Pair.Severity, Observed: burn, Threshold: a.Pair.Factor, Source: "watch", DetectedUnix: now,
		Reason: fmt.Sprintf("%s of %s burns its error budget %.3g times too fast over %s and %.3g times over %s (%s at %.3g); %s",
			r.Objective.Name, r.Variant, burn, duration(a.Pair.LongSeconds), a.Short.Or(0), duration(a.Pair.ShortSeconds),
			a.Pair.Name, a.Pair.Factor, r.left()),
	}
}

// left is what is left of the budget, in words.
func (r Report) left() string {
	left, known := r.Budget.Remaining.Get()
	if !known {
		return "the budget is not known"
	}
	return fmt.Sprintf("%.3g%% of the budget of %s is left", 100*left, duration(r.PeriodSeconds))
}

// duration is a number of seconds in its greatest fitting unit.
func duration(seconds float64) string {
	for _, u := range []struct {
		length float64
		name   string
	}{{secondsPerDay, "d"}, {3600, "h"}, {60, "min"}} {
		if seconds >= u.length {
			return fmt.Sprintf("%.3g %s", seconds/u.length, u.name)
		}
	}
	return fmt.Sprintf("%.3g s", seconds)
}
