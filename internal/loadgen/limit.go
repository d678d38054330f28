package loadgen

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	limitDraws  = 400
	limitTail   = 0.025 // beyond each end of a 95% interval
	streamLimit = 11    // of the random numbers
)

// missCurve is how often one rule was missed at rising rates.
type missCurve struct {
	allowed float64
	points  []missPoint
}

type missPoint struct{ rate, missed, requests float64 }

// crossing is where a curve passes what is allowed: between two rates measured,
// at about one. below is 0 when the lowest rate is already beyond it, above
// infinite when none is.
type crossing struct{ below, at, above float64 }

// estimateLimit finds the highest rate that keeps all rules from the steps of a
// ladder. The share of misses can only rise with the rate, so an isotonic fit
// uses all steps and not the two beside the limit alone. Between two rates
// nothing else is known of it: it may jump right behind the lower or right before
// the upper. So the interval takes the worse end in each redraw of the shares,
// which come from Jeffreys' posterior of each step's counts. ok is false when no
// rung is beyond the limit, or none below it.
func estimateLimit(steps []serving.LadderStep, seed uint64) (at, low, high float64, ok bool) {
	curves := missCurves(steps)
	fitted := lowestCrossing(curves, func(p missPoint) float64 { return p.missed / p.requests })
	if len(curves) == 0 || fitted.below == 0 || math.IsInf(fitted.above, 1) {
		return 0, 0, 0, false
	}
	r := rand.New(rand.NewPCG(seed, streamLimit))
	lows, highs := make([]float64, limitDraws), make([]float64, limitDraws)
	for i := range limitDraws {
		c := lowestCrossing(curves, func(p missPoint) float64 {
			x, y := gamma(p.missed+0.5, r), gamma(p.requests-p.missed+0.5, r)
			return x / (x + y)
		})
		lows[i], highs[i] = c.below, c.above
	}
	slices.Sort(lows)
	slices.Sort(highs)
	cut := int(limitTail * limitDraws)
	low, high = min(lows[cut], fitted.below), max(highs[limitDraws-1-cut], fitted.above)
	if math.IsInf(high, 1) {
		high = 0 // no upper bound is known
	}
	return fitted.at, low, high, true
}

// missCurves collects the rules that every valid step counted. A step that
// failed without breaking one of them fell ever further behind: it would have
// missed all.
func missCurves(steps []serving.LadderStep) []missCurve {
	var curves []missCurve
	for _, s := range steps {
		if s.Verdict == serving.RungInvalid {
			continue
		}
		broken := slices.ContainsFunc(s.Attained, func(a serving.Attainment) bool {
			return float64(a.Missed) > a.Allowed*float64(a.Requests)
		})
		for i, a := range s.Attained {
			if len(curves) <= i {
				curves = append(curves, missCurve{allowed: a.Allowed})
			}
			p := missPoint{s.Load.RatePerSecond, float64(a.Missed), float64(a.Requests)}
			if s.Verdict == serving.RungFail && !broken {
				p.missed = p.requests
			}
			if a.Requests > 0 {
				curves[i].points = append(curves[i].points, p)
			}
		}
	}
	for _, c := range curves {
		slices.SortStableFunc(c.points, func(a, b missPoint) int { return cmp.Compare(a.rate, b.rate) })
	}
	return curves
}

// lowestCrossing is that of the rule that is broken first.
func lowestCrossing(curves []missCurve, share func(missPoint) float64) crossing {
	lowest := crossing{at: math.Inf(1), above: math.Inf(1)}
	first := true
	for _, curve := range curves {
		shares, weights := make([]float64, len(curve.points)), make([]float64, len(curve.points))
		for i, p := range curve.points {
			shares[i], weights[i] = share(p), p.requests
		}
		c := cross(curve, isotonic(shares, weights))
		if first || c.above < lowest.above || c.above == lowest.above && c.at < lowest.at {
			lowest, first = c, false
		}
	}
	return lowest
}

func cross(curve missCurve, shares []float64) crossing {
	for i, s := range shares {
		rate := curve.points[i].rate
		if s <= curve.allowed {
			continue
		}
		if i == 0 {
			return crossing{0, rate, rate}
		}
		below := curve.points[i-1].rate
		part := (curve.allowed - shares[i-1]) / (s - shares[i-1])
		return crossing{below, below * math.Pow(rate/below, part), rate}
	}
	if n := len(curve.points); n > 0 {
		return crossing{curve.points[n-1].rate, math.Inf(1), math.Inf(1)}
	}
	return crossing{0, math.Inf(1), math.Inf(1)}
}

// isotonic is the least-squares fit that never falls, by pooling neighbours that
// do (Ayer et al. 1955; "pool adjacent violators").
func isotonic(values, weights []float64) []float64 {
	type block struct {
		mean, weight float64
		length       int
	}
	var blocks []block
	for i, v := range values {
		blocks = append(blocks, block{v, weights[i], 1})
		for n := len(blocks); n > 1 && blocks[n-2].mean > blocks[n-1].mean; n-- {
			a, b := blocks[n-2], blocks[n-1]
			w := a.weight + b.weight
			blocks[n-2] = block{(a.mean*a.weight + b.mean*b.weight) / w, w, a.length + b.length}
			blocks = blocks[:n-1]
		}
	}
	out := make([]float64, 0, len(values))
	for _, b := range blocks {
		for range b.length {
			out = append(out, b.mean)
		}
	}
	return out
}
