package loadgen

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// The detector below is GuideLLM's, with two changes that field.md 4.6 asks for.
// GuideLLM wants half of the times to first token beyond 2.5 s, so that it never
// fires for fast models: here they must be beyond the objective. It takes a slope
// for positive when its margin of error is below twice the slope, which is looser
// than 95% significance: here it is below the slope.
const (
	saturationWindow = 120 * time.Second
	saturationShare  = 0.75 // of the requests seen, the newest
	saturationLeast  = 5    // independent points for a slope
)

// growthPoint is one value at a time, in seconds.
type growthPoint struct{ at, value float64 }

// saturating reports a load under which both the requests in flight and their
// times to first token grow, while half of the latter are beyond the objective.
// Without an objective on the time to first token it says nothing.
func saturating(s sighting, c criteria) (serving.Evidence, bool) {
	limit := math.Inf(1)
	for _, o := range c.latency {
		if o.Metric == serving.MetricTTFT {
			limit = min(limit, o.Threshold)
		}
	}
	waits := newestWaits(s)
	beyond := 0
	for _, w := range waits {
		if w.value > limit {
			beyond++
		}
	}
	if len(waits) == 0 || 2*beyond < len(waits) {
		return serving.Evidence{}, false
	}
	from := waits[0].at
	slope, growing := rising(waits)
	if _, also := rising(inFlight(s, from)); !growing || !also {
		return serving.Evidence{}, false
	}
	return serving.Evidence{Name: "ttft_growth_seconds_per_second", Observed: slope,
		Text: fmt.Sprintf("over-saturated: %d of the last %d requests waited longer than %.3g s for their first token, and it grows by %.3f s a second",
			beyond, len(waits), limit, slope)}, true
}

// newestWaits are the times to first token over the planned times, in their
// order. A request still without a token has the wait so far.
func newestWaits(s sighting) []growthPoint {
	var all []growthPoint
	for _, l := range s.landed {
		if v, known := l.TTFTSeconds.Get(); l.counted && known {
			all = append(all, growthPoint{l.at.Seconds(), v - l.LagSeconds})
		}
	}
	for _, w := range s.waiting {
		if !w.first {
			all = append(all, growthPoint{w.at.Seconds(), (s.now - w.at).Seconds()})
		}
	}
	slices.SortFunc(all, func(a, b growthPoint) int { return cmp.Compare(a.at, b.at) })
	all = all[len(all)-int(math.Ceil(saturationShare*float64(len(all)))):]
	oldest := (s.now - saturationWindow).Seconds()
	begin, _ := slices.BinarySearchFunc(all, oldest, func(p growthPoint, at float64) int { return cmp.Compare(p.at, at) })
	return all[begin:]
}

// inFlight is how many requests were on their way at each whole second.
func inFlight(s sighting, from float64) []growthPoint {
	end := min(s.now, s.plan.warmup+s.plan.window).Seconds()
	if s.plan.window == 0 {
		end = s.now.Seconds()
	}
	points := make([]growthPoint, 0, int(max(0, end-from))+1)
	for at := from; at <= end; at++ {
		points = append(points, growthPoint{at: at})
	}
	add := func(at, to float64) {
		first := max(0, int(math.Ceil(at-from)))
		for i := first; i < len(points) && points[i].at < to; i++ {
			points[i].value++
		}
	}
	for _, l := range s.landed {
		add(l.at.Seconds(), l.at.Seconds()+max(l.lastSeconds, l.E2ESeconds.Or(0)))
	}
	for _, w := range s.waiting {
		add(w.at.Seconds(), math.Inf(1))
	}
	return points
}

// rising is the slope of points and whether it is positive beyond doubt.
// Neighbouring requests see the same queue, so there are no more independent
// points than seconds.
func rising(points []growthPoint) (slope float64, positive bool) {
	if len(points) == 0 {
		return 0, false
	}
	xs, ys := make([]float64, len(points)), make([]float64, len(points))
	for i, p := range points {
		xs[i], ys[i] = p.at, p.value
	}
	effective := min(xs[len(xs)-1]-xs[0], float64(len(xs)))
	if effective < saturationLeast {
		return 0, false
	}
	slope, se := fitLine(xs, ys, effective)
	return slope, slope > 0 && studentT(effective-2)*se < slope
}
