package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// enginesWithin bounds reading the engines of all arms. It leaves time for the
// verdict within the activity's own timeout: a canary whose metrics hang must
// still be judged by what the router saw.
const enginesWithin = 4 * time.Second

// addEngines completes the arms with what their engines counted since the marks,
// and with the router's counters where it keeps no single requests. It returns new
// marks when the windows begin with this look: there were none, or something that
// counts was replaced, since both arms are judged over the same window. What
// cannot be read now leaves the marks as they are.
func (a *Judging) addEngines(ctx context.Context, in JudgeStageInput, variants []serving.VariantStatus, arms []judge.Arm, now float64) ([]serving.ArmMark, []serving.ArmGauges, error) {
	var counted []serving.ArmCounters
	if arms[0].Unsampled {
		var err error
		if counted, err = a.observer.Counters(ctx, in.Fleet); err != nil && !errors.Is(err, serving.ErrNoCounters) {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, enginesWithin)
	defer cancel()
	var marks []serving.ArmMark
	var gauges []serving.ArmGauges
	for i, arm := range arms {
		mark, seen := markOf(ctx, a.scraper, in.Fleet, judgedEndpoints(in.Fleet, variants, arm.Variant), arm.Variant, now)
		if at := slices.IndexFunc(counted, func(c serving.ArmCounters) bool { return c.Variant == arm.Variant }); at >= 0 {
			mark.Router = &counted[at]
		}
		marks = append(marks, mark)
		arms[i].Gauges = gaugesIn(in.Gauges, arm.Variant).With(now, seen)
		gauges = append(gauges, arms[i].Gauges)
	}
	if !countWindows(in, arms, marks) {
		return nil, gauges, nil
	}
	return marks, gauges, nil
}

// countWindows sets what was counted on each arm and says whether the windows
// begin anew.
func countWindows(in JudgeStageInput, arms []judge.Arm, marks []serving.ArmMark) (anew bool) {
	for i := range arms {
		from, known := markIn(in.Marks, arms[i].Variant)
		if !known {
			arms[i].NoEngine, anew = "counted from this look on", true
			continue
		}
		anew = countEngines(in.Fleet.Name, from, marks[i], &arms[i]) || anew
		anew = countRequests(from, marks[i], &arms[i]) || anew
	}
	if !anew {
		return false
	}
	for i := range arms {
		if arms[i].Unsampled {
			arms[i].Observation = serving.ArmObservation{Variant: arms[i].Variant}
		}
		if arms[i].Engine != nil {
			arms[i].Engine, arms[i].NoEngine = nil, "counted from this look on, as the other arm is"
		}
	}
	return true
}

func countEngines(fleet string, from, to serving.ArmMark, arm *judge.Arm) (anew bool) {
	snapshot, err := from.Until(to, fleet)
	if err == nil {
		snapshot.ITL = slo.LatencyHistogram(snapshot, serving.MetricITL)
		arm.Engine = &snapshot
		return false
	}
	arm.NoEngine = err.Error()
	if to.Sum == nil {
		return false
	}
	arm.NoEngine += "; counted from this look on"
	return true
}

// countRequests stands in for single requests: the router's totals, or else what
// the engines say of their own.
func countRequests(from, to serving.ArmMark, arm *judge.Arm) (anew bool) {
	if !arm.Unsampled {
		return false
	}
	arm.Observation.WindowSeconds = to.TakenUnix - from.TakenUnix
	if to.Router != nil && from.Router != nil {
		delta, ok := to.Router.Since(*from.Router)
		arm.Observation.Requests, arm.Observation.Failed = int(delta.Requests), int(delta.Failed)
		return !ok
	}
	if to.Router != nil {
		return true
	}
	if arm.Engine != nil {
		arm.Observation.Failed, arm.Observation.Requests, _ = slo.Failures(*arm.Engine)
	}
	return false
}

// markOf reads each replica of an arm once.
func markOf(ctx context.Context, scraper Scraper, fleet serving.Fleet, endpoints []string, v serving.Variant, now float64) (serving.ArmMark, []serving.Reading) {
	if len(endpoints) == 0 {
		return serving.UnreadMark(v, now, "no replica is known"), nil
	}
	watched, err := scraper.Watch(ctx, fleet, endpoints, 0)
	if err != nil {
		return serving.UnreadMark(v, now, err.Error()), nil
	}
	var readings []serving.Reading
	for i, of := range watched {
		if len(of) == 0 {
			return serving.UnreadMark(v, now, fmt.Sprintf("replica %s gave no reading", endpoints[i])), nil
		}
		readings = append(readings, of[len(of)-1])
	}
	return serving.MarkOf(v, now, readings), readings
}

func markIn(marks []serving.ArmMark, v serving.Variant) (serving.ArmMark, bool) {
	for _, m := range marks {
		if m.Variant == v {
			return m, true
		}
	}
	return serving.ArmMark{}, false
}

func gaugesIn(gauges []serving.ArmGauges, v serving.Variant) serving.ArmGauges {
	for _, g := range gauges {
		if g.Variant == v {
			return g
		}
	}
	return serving.GaugesOf(v)
}
