package activities

import (
	"context"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// countTotals adds what was counted between the look of the last count and the
// newest one, for a router that keeps no samples. What happened between two
// watches, or while an engine or the router began anew, is no data.
func (a *Watch) countTotals(ctx context.Context, in WatchFleetInput, state *watchState) error {
	if len(state.counted) == 0 {
		return nil
	}
	from, to := state.tallied, state.counted[len(state.counted)-1]
	if from.atUnix == 0 || from.atUnix >= to.atUnix {
		state.tallied = to
		return nil
	}
	var counts []slo.Count
	for _, mark := range to.marks {
		if earlier, known := markIn(from.marks, mark.Variant); known {
			counts = append(counts, countsBetween(in.Fleet, earlier, mark)...)
		}
	}
	if err := a.book.AddSLOCounts(ctx, in.Fleet.Name, timeOf(from.atUnix), timeOf(to.atUnix), counts); err != nil {
		return err
	}
	state.tallied = to
	return nil
}

// countsBetween takes failures from the router's totals where it has them, which
// see what no engine answered, and all else from the engines.
func countsBetween(fleet serving.Fleet, from, to serving.ArmMark) []slo.Count {
	objectives := fleet.SLOs
	var out []slo.Count
	if from.Router != nil && to.Router != nil {
		if delta, ok := to.Router.Since(*from.Router); ok {
			out = slo.CountTotals(objectives, to.Variant, delta.Requests, delta.Failed, to.TakenUnix)
			objectives = latenciesOf(objectives)
		}
	}
	if snapshot, err := from.Until(to, fleet.Name); err == nil {
		out = append(out, slo.CountSnapshot(objectives, snapshot)...)
	}
	return out
}

func latenciesOf(objectives []serving.Objective) []serving.Objective {
	var out []serving.Objective
	for _, o := range objectives {
		if o.IsLatency() {
			out = append(out, o)
		}
	}
	return out
}

func timeOf(unix float64) time.Time { return time.UnixMicro(int64(unix * 1e6)).UTC() }
