package statistics

import (
	"math/rand/v2"
	"slices"

	"github.com/optiinfra/performance-agent/internal/judge"
)

const (
	nominal = 0.05 // of two-sided tests and intervals
	tail    = 0.95 // the quantile that the judge compares
	limit   = 1.15 // the worsening that the judge allows
)

// median of simulated latencies in seconds.
const median = 0.1

// resampling of bootstraps in simulations, fewer than the judge's 1000 for time.
func resampling(r *rand.Rand) judge.Resampling {
	return judge.Resampling{Confidence: 1 - nominal, Resamples: 200, Seed: r.Uint64()}
}

// tailClaims are on the ratio of p95s and on one p95. Of the judge's rule, by which
// a canary fails whose ratio is above the limit for sure, half of the nominal rate
// is allowed to one that is at the limit: it is one end of an interval.
func tailClaims() []claim {
	var out []claim
	for _, d := range kinds() {
		for _, n := range []int{50, 100, 300} {
			out = append(out,
				claim{"p95 ratio at the limit, as judged", d.Name, n, "beyond the limit", atMost(nominal / 2), 250, func(r *rand.Rand) bool {
					a, b := arms(r, d, n, limit)
					return provenBeyond(a, b, resampling(r))
				}},
				claim{"p95 ratio, interval alone", d.Name, n, "true ratio outside", atMost(nominal), 200, func(r *rand.Rand) bool {
					a, b := arms(r, d, n, 1)
					i, ok := judge.BootstrapRatio(a, b, tail, resampling(r))
					return !ok || i.Low > 1 || i.High < 1
				}},
				quantileClaim(d, n))
		}
	}
	return out
}

// provenBeyond is the judge's rule for a failing ratio.
func provenBeyond(a, b judge.Sample, how judge.Resampling) bool {
	i, ok := judge.BootstrapRatio(a, b, tail, how)
	return ok && i.Low > limit && independent(judge.EffectiveCounts(tail, a, b))
}

// independent says that there are as many independent requests as the judge
// demands.
func independent(effective []float64) bool {
	return slices.Min(effective) >= judge.DefaultConfig().LeastEffective()
}

// arms draws two arms, the first slower by the factor.
func arms(r *rand.Rand, d Data, n int, slower float64) (a, b judge.Sample) {
	return judge.NewSample(d.draw(r, n, median*slower)), judge.NewSample(d.draw(r, n, median))
}

// quantileClaim is on the lower end, by which a canary breaks an objective. The
// true quantile is that of many windows together.
func quantileClaim(d Data, n int) claim {
	const windows = 100_000
	var pool []float64
	for r := seeded("truth", d.Name, "", n); len(pool) < windows; {
		pool = append(pool, d.draw(r, n, median)...)
	}
	truth := judge.NewSample(pool).Quantile(tail)
	return claim{"p95, lower end", d.Name, n, "true p95 below it", atMost(nominal / 2), 600, func(r *rand.Rand) bool {
		i, ok := judge.Bootstrap(judge.NewSample(d.draw(r, n, median)), tail, 1-nominal)
		return !ok || i.Low > truth
	}}
}
