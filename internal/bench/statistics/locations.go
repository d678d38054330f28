package statistics

import (
	"math"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// locationClaims are on Mann-Whitney and Hodges-Lehmann, with the design effect
// that the judge corrects them by.
func locationClaims() []claim {
	var out []claim
	for _, d := range kinds() {
		for _, n := range []int{50, 100, 300} {
			out = append(out,
				claim{"Mann-Whitney, as judged", d.Name, n, "difference seen", atMost(nominal), 500, func(r *rand.Rand) bool {
					a, b := arms(r, d, n, 1)
					return shiftSeen(a, b)
				}},
				claim{"Hodges-Lehmann", d.Name, n, "no shift outside", atMost(nominal), 200, func(r *rand.Rand) bool {
					a, b := arms(r, d, n, 1)
					s, ok := judge.HodgesLehmann(a, b, 1-nominal, judge.SharedWindowEffect(a, b))
					return !ok || s.Low > 0 || s.High < 0
				}},
			)
		}
	}
	return append(out, claim{"Mann-Whitney, uncorrected", "autocorrelated 0.9", 300, "difference seen", stated(), 600, func(r *rand.Rand) bool {
		a, b := arms(r, Data{Sigma: 0.5, Rho: 0.9}, 300, 1)
		test, _ := judge.MannWhitney(a, b)
		return test.P < nominal
	}})
}

// shiftSeen is whether the judge prints a p-value and it is significant.
func shiftSeen(a, b judge.Sample) bool {
	effect := judge.SharedWindowEffect(a, b)
	if float64(min(a.Count(), b.Count()))/effect < judge.DefaultConfig().LeastEffective() {
		return false
	}
	test, _ := judge.MannWhitney(a, b)
	return test.Inflated(effect) < nominal
}

// replicateClaims are on means of whole runs, each of runLength requests.
func replicateClaims() []claim {
	const runLength = 100
	run := func(r *rand.Rand, d Data) float64 {
		sum := 0.0
		for _, v := range d.draw(r, runLength, median) {
			sum += v / runLength
		}
		return sum
	}
	runs := func(r *rand.Rand, d Data, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = run(r, d)
		}
		return out
	}
	var out []claim
	for _, d := range []Data{{Name: "log-normal 0.5", Sigma: 0.5}, {Name: "heavy tail", Sigma: 0.5, HeavyShare: 0.03}, engineLike()} {
		truth := meanOf(runs(seeded("truth", d.Name, "", 0), d, 4000))
		for _, n := range []int{3, 5, 10} {
			out = append(out,
				claim{"t interval of replicates", d.Name, n, "true mean outside", atMost(nominal), 1000, func(r *rand.Rand) bool {
					s, ok := judge.SummariseReplicates(runs(r, d, n), judge.ReplicateConfig{})
					return !ok || s.Low > truth || s.High < truth
				}},
				claim{"Welch and CV gate", d.Name, n, "difference seen", atMost(nominal), 800, func(r *rand.Rand) bool {
					c, ok := judge.CompareReplicates(runs(r, d, n), runs(r, d, n), judge.ReplicateConfig{})
					return ok && c.Refused == "" && c.P < nominal
				}})
		}
	}
	for _, unstable := range []float64{0.03, 0.08, 0.15, 0.3} {
		g := stated()
		if unstable < 0.1 {
			g = atMost(nominal)
		}
		out = append(out, claim{"CV gate", percentName(unstable) + " between runs", 5, "verdict refused", g, 2000, func(r *rand.Rand) bool {
			values := make([]float64, 5)
			for i := range values {
				values[i] = math.Exp(unstable * r.NormFloat64())
			}
			s, _ := judge.SummariseReplicates(values, judge.ReplicateConfig{})
			return s.Stability == judge.Unstable
		}})
	}
	return out
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
