package statistics

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
)

const (
	plannedPower = 0.8
	// leastPower is what a plan must deliver at the least: its formulas are
	// approximations.
	leastPower = 0.75
)

// plannedClaims plant a difference, plan the sample for a power of 80% and
// measure the power.
func plannedClaims() []claim {
	var out []claim
	for _, ratio := range []float64{1.3, 1.5, 2} {
		for _, d := range []Data{{Name: "log-normal 0.5", Sigma: 0.5}, {Name: "log-normal 1.0", Sigma: 1}} {
			n := judge.SamplesForTail(d.Sigma, ratio, limit, tail, 1-nominal, plannedPower)
			out = append(out, claim{"p95 ratio, planned", fmt.Sprintf("%s, x%g", d.Name, ratio), n, "beyond the limit", atLeast(leastPower), 200, func(r *rand.Rand) bool {
				a, b := arms(r, d, n, ratio)
				return provenBeyond(a, b, resampling(r))
			}})
		}
	}
	for _, slower := range []float64{1.1, 1.3} {
		// For log-normal latencies the share of pairs follows from the shift.
		cles := judge.NormalCDF(math.Log(slower) / (0.5 * math.Sqrt2))
		n := judge.SamplesForLocation(cles, nominal, plannedPower)
		out = append(out, claim{"Mann-Whitney, planned", fmt.Sprintf("log-normal 0.5, x%g", slower), n, "difference seen", atLeast(leastPower), 400, func(r *rand.Rand) bool {
			a, b := arms(r, Data{Sigma: 0.5}, n, slower)
			return shiftSeen(a, b)
		}})
	}
	for _, c := range []struct{ rate, rise float64 }{{0.002, 0.02}, {0.01, 0.02}, {0.01, 0.05}} {
		n := judge.SamplesForErrors(c.rate, c.rise, 0.01, plannedPower)
		out = append(out, claim{"two-proportion, planned", fmt.Sprintf("%s fail, +%s", percentName(c.rate), percentName(c.rise)), n, "rise seen", atLeast(leastPower), 800, func(r *rand.Rand) bool {
			return judge.TwoProportion(count(failures(r, n, c.rate+c.rise, 1)), n, count(failures(r, n, c.rate, 1)), n) <= 0.01
		}})
	}
	for _, c := range []struct{ cv, ratio float64 }{{0.05, 1.1}, {0.1, 1.1}} {
		n := judge.SamplesForReplicates(c.cv, c.ratio, 1-nominal, plannedPower)
		sigma := math.Sqrt(math.Log1p(c.cv * c.cv))
		out = append(out, claim{"replicates, planned", fmt.Sprintf("CV %s, x%g", percentName(c.cv), c.ratio), n, "difference seen", atLeast(leastPower), 1500, func(r *rand.Rand) bool {
			d := Data{Sigma: sigma}
			compared, _ := judge.CompareReplicates(d.draw(r, n, c.ratio), d.draw(r, n, 1), judge.ReplicateConfig{})
			return compared.Refused == "" && compared.P < nominal
		}})
	}
	return out
}
