package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// SLOBook keeps what was counted of a fleet's objectives. Counting any time twice
// counts it once; sighting a violation that nobody recorded changes nothing.
type SLOBook interface {
	SLOCountedUntil(ctx context.Context, fleet string) (time.Time, error)
	AddSLOCounts(ctx context.Context, fleet string, from, until time.Time, counts []slo.Count) error
	SLOTallies(ctx context.Context, fleet string, since time.Time) ([]slo.Tally, error)
	SightViolation(ctx context.Context, id string, looks int, at time.Time) error
}

const (
	// settleSeconds is how long a request may take from its end to the router's
	// list: what ends later than that before now is left for the next count.
	settleSeconds = 1
	// catchUpSeconds bounds what is counted after a watch was away. A router keeps
	// requests for minutes, and what it has forgotten is no data, not no traffic.
	catchUpSeconds = 300
	// budgetSeconds is how often the windows of the alerts are evaluated; the
	// shortest of a 30-day objective is 5 minutes.
	budgetSeconds = 60
	// accountSeconds bounds all that one count asks of the store, which takes
	// milliseconds: a tick that waited for one that hangs would see nothing.
	accountSeconds = 2
	// canarySeconds is how far back a canary's windows reach, and a bucket more.
	canarySeconds = 1860
)

// account counts what the router saw since the last count, evaluates what burns,
// and says which violations are still there. Its failures are logged only: the
// watch must not go blind because the store is away, and what is not counted now
// is counted by the next one.
func (a *Watch) account(ctx context.Context, in WatchFleetInput, state *watchState, traffic serving.Traffic) (opened, resolved []serving.Violation) {
	now := time.Now().UTC()
	if in.CountSeconds <= 0 || now.Before(state.countAt) {
		return nil, nil
	}
	state.countAt = now.Add(seconds(in.CountSeconds))
	ctx, cancel := context.WithTimeout(ctx, seconds(accountSeconds))
	defer cancel()
	if err := a.count(ctx, in, state, now); err != nil {
		activity.GetLogger(ctx).Warn("events not counted", "fleet", in.Fleet.Name, "error", err)
	}
	reports, err := a.reports(ctx, in.Fleet, state, traffic, now)
	if err != nil {
		activity.GetLogger(ctx).Warn("error budgets not evaluated", "fleet", in.Fleet.Name, "error", err)
	}
	opened, resolved = state.burning(reports, traffic, float64(now.UnixMilli())/1000)
	for _, id := range state.sighted() {
		if err := a.book.SightViolation(ctx, id, state.looks[id], now); err != nil {
			activity.GetLogger(ctx).Warn("violation not sighted", "violation", id, "error", err)
			continue
		}
		delete(state.looks, id)
	}
	return opened, resolved
}

// count adds the requests that ended since the last count.
func (a *Watch) count(ctx context.Context, in WatchFleetInput, state *watchState, now time.Time) error {
	until := now.Add(-seconds(settleSeconds)).Truncate(time.Millisecond)
	from, err := a.book.SLOCountedUntil(ctx, in.Fleet.Name)
	if err != nil {
		return err
	}
	if earliest := until.Add(-seconds(catchUpSeconds)); from.Before(earliest) {
		from = earliest
	}
	if !from.Before(until) {
		return nil
	}
	arms, err := a.router.Observe(ctx, in.Fleet, float64(from.UnixMicro())/1e6, float64(until.UnixMicro())/1e6)
	if errors.Is(err, serving.ErrNoSamples) {
		return a.countTotals(ctx, in, state)
	}
	if err != nil {
		return err
	}
	var counts []slo.Count
	for _, arm := range arms {
		counts = append(counts, slo.CountRequests(in.Fleet.SLOs, arm)...)
	}
	return a.book.AddSLOCounts(ctx, in.Fleet.Name, from, until, counts)
}

// reports are those that are due: of stable's budgets once a minute, of variants
// on trial at every count.
func (a *Watch) reports(ctx context.Context, fleet serving.Fleet, state *watchState, traffic serving.Traffic, now time.Time) ([]slo.Report, error) {
	at, since := float64(now.UnixMilli())/1000, now
	stableDue := !now.Before(state.budgetAt)
	if stableDue {
		since = now.Add(-seconds(slo.LongestPeriod(fleet.SLOs)))
	}
	trial := traffic.Weights.Of(serving.Canary) > 0
	if trial && since.After(now.Add(-seconds(canarySeconds))) {
		since = now.Add(-seconds(canarySeconds))
	}
	if !stableDue && !trial || len(fleet.SLOs) == 0 {
		return nil, nil
	}
	tallies, err := a.book.SLOTallies(ctx, fleet.Name, since)
	if err != nil {
		return nil, err
	}
	var out []slo.Report
	for _, o := range fleet.SLOs {
		if stableDue {
			out = append(out, slo.ReportOf(o, serving.Stable, tallies, at))
		}
		if trial {
			out = append(out, slo.CanaryReportOf(o, serving.Canary, tallies, at))
		}
	}
	if stableDue {
		state.budgetAt = now.Add(seconds(budgetSeconds))
	}
	return out, nil
}

// burning returns the burn violations that opened and those that ended with these
// reports. An alert's two windows are confirmation enough to open one; its end is
// believed at the second look, and no data is not the end.
func (s *watchState) burning(reports []slo.Report, traffic serving.Traffic, now float64) (opened, resolved []serving.Violation) {
	firing := map[string]bool{}
	for _, v := range slo.BurnViolations(reports, s.in.Fleet.Name, now) {
		firing[v.ID] = true
		if _, known := s.open[v.ID]; known {
			s.looks[v.ID]++
			continue
		}
		s.open[v.ID] = v
		opened = append(opened, v)
	}
	for _, id := range s.openIDs() {
		v := s.open[id]
		if v.Kind == "" || firing[id] {
			s.calm[id] = 0
			continue
		}
		gone := v.Variant != serving.Stable && traffic.Weights.Of(v.Variant) == 0
		if !gone && !s.judged(reports, v) {
			continue
		}
		if s.calm[id]++; gone || s.calm[id] >= confirmTicks {
			resolved = append(resolved, v)
			s.forget(id)
		}
	}
	return opened, resolved
}

// judged reports whether the reports say anything about a violation: an objective
// that is gone burns nothing any more.
func (s *watchState) judged(reports []slo.Report, v serving.Violation) bool {
	if !slices.ContainsFunc(s.in.Fleet.SLOs, func(o serving.Objective) bool { return o.Name == v.SLO }) {
		return true
	}
	return slices.ContainsFunc(reports, func(r slo.Report) bool {
		return r.Variant == v.Variant && r.Objective.Name == v.SLO &&
			slices.ContainsFunc(r.Alerts, func(a slo.Alert) bool { return a.Pair.Severity == v.Severity && a.Short.IsKnown() })
	})
}
