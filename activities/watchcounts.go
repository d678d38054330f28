package activities

import (
	"context"
	"errors"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// countedLook is how far a variant had been counted at one look.
type countedLook struct {
	atUnix float64
	marks  []serving.ArmMark
}

// evaluateCounts judges objectives without samples: latencies by the engines'
// histograms and failures by the router's totals, or else the engines', each over
// the difference to the oldest look of the window. The first look of a watch has
// no data, nor has a variant whose counters began anew since.
func (a *Watch) evaluateCounts(ctx context.Context, in WatchFleetInput, state *watchState, now float64) ([]slo.Status, error) {
	look, err := a.look(ctx, in.Fleet, now)
	if err != nil {
		return nil, err
	}
	state.counted = slices.DeleteFunc(state.counted, func(l countedLook) bool { return l.atUnix < now-in.WindowSeconds })
	var out []slo.Status
	for _, mark := range look.marks {
		if from, ok := oldestOf(state.counted, mark, in.Fleet.Name); ok {
			out = append(out, statusesBetween(in, from, mark)...)
		}
	}
	state.counted = append(state.counted, look)
	return out, nil
}

// look reads the totals of every variant that runs.
func (a *Watch) look(ctx context.Context, fleet serving.Fleet, now float64) (countedLook, error) {
	totals, err := a.router.Counters(ctx, fleet)
	if err != nil && !errors.Is(err, serving.ErrNoCounters) {
		return countedLook{}, err
	}
	variants, err := a.metrics.describer.Describe(ctx, fleet)
	if err != nil {
		return countedLook{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, enginesWithin)
	defer cancel()
	out := countedLook{atUnix: now}
	for _, v := range []serving.Variant{serving.Stable, serving.Canary, serving.Baseline} {
		endpoints := judgedEndpoints(fleet, variants, v)
		if len(endpoints) == 0 {
			continue
		}
		mark, _ := markOf(ctx, a.metrics.scraper, fleet, endpoints, v, now)
		if at := slices.IndexFunc(totals, func(c serving.ArmCounters) bool { return c.Variant == v }); at >= 0 {
			mark.Router = &totals[at]
		}
		out.marks = append(out.marks, mark)
	}
	return out, nil
}

// oldestOf is the oldest mark of the variant that a later one can be compared
// with, in what it counts of the engines or of the router.
func oldestOf(looks []countedLook, later serving.ArmMark, fleet string) (serving.ArmMark, bool) {
	for _, l := range looks {
		m, known := markIn(l.marks, later.Variant)
		if !known {
			continue
		}
		if _, err := m.Until(later, fleet); err == nil {
			return m, true
		}
		if m.Router != nil && later.Router != nil {
			if _, ok := later.Router.Since(*m.Router); ok {
				return m, true
			}
		}
	}
	return serving.ArmMark{}, false
}

func statusesBetween(in WatchFleetInput, from, to serving.ArmMark) []slo.Status {
	snapshot, errEngines := from.Until(to, in.Fleet.Name)
	var byEngine, byRouter []slo.Status
	if errEngines == nil {
		byEngine = slo.FromSnapshot(in.Fleet.SLOs, snapshot, in.MinSamples)
	}
	if from.Router != nil && to.Router != nil {
		if delta, ok := to.Router.Since(*from.Router); ok {
			arm := serving.ArmObservation{Variant: to.Variant, Requests: int(delta.Requests), Failed: int(delta.Failed)}
			byRouter = slo.Evaluate(in.Fleet.SLOs, arm, in.Fleet.Name, to.Variant, in.MinSamples)
		}
	}
	var out []slo.Status
	for i, o := range in.Fleet.SLOs {
		switch {
		case !o.IsLatency() && byRouter != nil:
			out = append(out, byRouter[i])
		case byEngine != nil:
			out = append(out, byEngine[i])
		}
	}
	return out
}
