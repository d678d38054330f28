package loadgen

import (
	"fmt"
	"math"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// trendBlocks is how many equal parts of the window the trend is fitted to.
	// Their means are nearly independent where single latencies are not, so the
	// standard error is honest (method of batch means).
	trendBlocks = 8
	// trendMinBlocks is the fewest parts with requests for a trend to be told.
	trendMinBlocks = 5
	// backlogSlope is the least growth of the time to first token, in seconds a
	// second, that counts as a backlog. A server of capacity c under a rate r > c
	// makes each later request wait r/c - 1 seconds longer a second, so 0.05 is
	// 5% beyond its capacity. The measure needs no objective and no scale.
	backlogSlope = 0.05
	// backlogSlopeLow is where the lower confidence bound of the slope must be.
	backlogSlopeLow = 0.02
	// backlogLeastRise, in seconds over the window, is what a busy host does to
	// latencies by itself; a trend below it is not the engine's.
	backlogLeastRise = 0.1
	// littleFactor and littleSigmas say when the requests in flight at the end
	// are more than Little's law, N = rate * latency, explains with the latency of
	// the window's beginning: twice as many, beyond the Poisson noise.
	littleFactor = 2
	littleSigmas = 4
)

// studentT is the 0.975 quantile of Student's t, by its expansion in the inverse
// of the degrees of freedom (Abramowitz and Stegun 26.7.5); within 1% from 3 on.
func studentT(freedom float64) float64 {
	const z = 1.959964
	z3, z5, z7 := z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*freedom) + (5*z5+16*z3+3*z)/(96*freedom*freedom) +
		(3*z7+19*z5+17*z3-15*z)/(384*freedom*freedom*freedom)
}

// overSaturated reports an engine that falls ever further behind: whatever its
// latencies are now, they would break any objective if the load went on.
func overSaturated(s sighting) (serving.Evidence, bool) {
	if slope, low, ok := waitTrend(s); ok && slope > backlogSlope && low > backlogSlopeLow &&
		slope*measured(s).Seconds() > backlogLeastRise {
		return serving.Evidence{Name: "ttft_growth_seconds_per_second", Observed: slope, Threshold: backlogSlope,
			Text: fmt.Sprintf("over-saturated: each second the time to first token grows by %.3f s", slope)}, true
	}
	if explained, limit, ok := littleExcess(s); ok {
		return serving.Evidence{Name: "in_flight_at_end", Observed: float64(s.aloftAtEnd), Threshold: limit,
			Text: fmt.Sprintf("over-saturated: %d requests in flight at the end where the latency at the beginning explains %.0f",
				s.aloftAtEnd, explained)}, true
	}
	return serving.Evidence{}, false
}

// measured is how much of the window has passed.
func measured(s sighting) time.Duration { return min(s.now-s.plan.warmup, s.plan.window) }

// waitTrend fits a line to the time to first token over the planned send time.
// Requests still without a first token enter with their wait so far, which can
// only make the slope smaller.
func waitTrend(s sighting) (slope, low float64, ok bool) {
	var sums, counts [trendBlocks]float64
	length := measured(s).Seconds()
	if length <= 0 {
		return 0, 0, false
	}
	add := func(at, wait float64) {
		b := min(trendBlocks-1, max(0, int((at-s.plan.warmup.Seconds())/length*trendBlocks)))
		sums[b], counts[b] = sums[b]+wait, counts[b]+1
	}
	for _, l := range s.landed {
		if v, known := l.TTFTSeconds.Get(); l.counted && known {
			add(l.at.Seconds(), v-l.LagSeconds)
		}
	}
	for _, w := range s.waiting {
		if !w.first {
			add(w.at.Seconds(), (s.now - w.at).Seconds())
		}
	}
	var xs, ys []float64
	for b := range trendBlocks {
		if counts[b] > 0 {
			xs = append(xs, (float64(b)+0.5)/trendBlocks*length)
			ys = append(ys, sums[b]/counts[b])
		}
	}
	if len(xs) < trendMinBlocks {
		return 0, 0, false
	}
	slope, se := fitLine(xs, ys, float64(len(xs)))
	return slope, slope - studentT(float64(len(xs)-2))*se, true
}

// fitLine is ordinary least squares: the slope and its standard error when only
// so many of the points are independent.
func fitLine(xs, ys []float64, effective float64) (slope, se float64) {
	n := float64(len(xs))
	mx, my := 0.0, 0.0
	for i := range xs {
		mx, my = mx+xs[i]/n, my+ys[i]/n
	}
	sxx, sxy := 0.0, 0.0
	for i := range xs {
		sxx += (xs[i] - mx) * (xs[i] - mx)
		sxy += (xs[i] - mx) * (ys[i] - my)
	}
	slope = sxy / sxx
	rss := 0.0
	for i := range xs {
		residual := ys[i] - my - slope*(xs[i]-mx)
		rss += residual * residual
	}
	return slope, math.Sqrt(rss / (effective - 2) / sxx)
}

// littleExcess compares the requests in flight at the end of the window with
// the rate times the latency of those planned in its first third. It is told
// only when all have landed: before, the slow ones would be missing. Of a rate that
// changes the law says nothing.
func littleExcess(s sighting) (explained, limit float64, excess bool) {
	if !s.plan.steady || s.aloftAtEnd < 0 || len(s.waiting) > 0 || s.lost != nil {
		return 0, 0, false
	}
	sum, count := 0.0, 0.0
	for _, l := range s.landed {
		if v, known := l.E2ESeconds.Get(); known && l.counted && l.at < s.plan.warmup+s.plan.window/3 {
			sum, count = sum+v, count+1
		}
	}
	if count == 0 {
		return 0, 0, false
	}
	explained = s.plan.rate * sum / count
	limit = littleFactor*explained + littleSigmas*math.Sqrt(explained) + 1
	return explained, limit, float64(s.aloftAtEnd) > limit
}
