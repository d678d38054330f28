package admission

import (
	"fmt"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// Kind is what forbids an experiment.
type Kind string

// What can forbid one.
const (
	ErrorBudget  Kind = "error-budget"  // the budget of an objective is spent
	Frozen       Kind = "freeze"        // within a freeze window
	OutsideHours Kind = "outside-hours" // not within the hours for changes
)

// Reason is one thing that forbids an experiment.
type Reason struct {
	Kind Kind   `json:"kind"`
	SLO  string `json:"slo,omitempty"`
	// Remaining is the share of the budget that is left, for an error budget.
	Remaining serving.Measure `json:"remaining,omitzero"`
	Text      string          `json:"text"`
	// Until is when it ends, as far as can be told: nil when it cannot.
	Until *time.Time `json:"until,omitempty"`
}

// Decision is whether an experiment is admitted, and otherwise why not.
type Decision struct {
	Admitted bool     `json:"admitted"`
	Reasons  []Reason `json:"reasons,omitempty"`
	// Until is when the last of the reasons ends; nil when one cannot be told.
	Until *time.Time `json:"until,omitempty"`
}

// Text is the decision in a sentence.
func (d Decision) Text() string {
	var parts []string
	for _, r := range d.Reasons {
		parts = append(parts, r.Text)
	}
	return strings.Join(parts, "; ")
}

// Decide judges a fleet by what was counted of its objectives and by its policy.
// A fleet in advisory mode is always admitted: nothing is written to its
// production.
func Decide(fleet serving.Fleet, tallies []slo.Tally, at time.Time) (Decision, error) {
	if fleet.Policy.Advisory {
		return Decision{Admitted: true}, nil
	}
	var d Decision
	for _, o := range fleet.SLOs {
		if r := slo.ReportOf(o, serving.Stable, tallies, unix(at)); r.Budget.Spent() {
			d.Reasons = append(d.Reasons, spent(r))
		}
	}
	calendar, err := newCalendar(fleet.Policy.Freeze)
	if err != nil {
		return Decision{}, err
	}
	if reason, frozen := calendar.reason(at); frozen {
		d.Reasons = append(d.Reasons, reason)
	}
	d.Admitted, d.Until = len(d.Reasons) == 0, last(d.Reasons)
	return d, nil
}

func spent(r slo.Report) Reason {
	out := Reason{Kind: ErrorBudget, SLO: r.Objective.Name, Remaining: r.Budget.Remaining}
	left := r.Budget.Remaining.Or(0)
	out.Text = fmt.Sprintf("the error budget of %s is spent (%.3g%% left of %.3g days: %.4g bad %s, %.4g allowed)",
		r.Objective.Name, 100*left, r.PeriodSeconds/86400, r.Budget.Bad, r.Counts, r.Budget.Allowed)
	if at, known := r.RecoversUnix.Get(); known {
		until := time.Unix(int64(at), 0).UTC()
		out.Until = &until
		out.Text += ", until " + until.Format(time.RFC3339) + " at the earliest"
	}
	return out
}

// last is the latest end, nil when one of them is not known.
func last(reasons []Reason) *time.Time {
	var out *time.Time
	for _, r := range reasons {
		if r.Until == nil {
			return nil
		}
		if out == nil || r.Until.After(*out) {
			out = r.Until
		}
	}
	return out
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
