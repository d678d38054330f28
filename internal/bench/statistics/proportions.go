package statistics

import (
	"fmt"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
)

func percentName(v float64) string { return fmt.Sprintf("%g%%", v*100) }

// proportionClaims are on failures that are independent of each other; bursts of
// failures are judged by the judge as a whole (see judgeClaims).
func proportionClaims() []claim {
	var out []claim
	for _, rate := range []float64{0.005, 0.02, 0.1} {
		for _, n := range []int{50, 200, 1000} {
			failed := func(r *rand.Rand) int { return count(failures(r, n, rate, 1)) }
			name := percentName(rate) + " fail"
			out = append(out,
				claim{"Wilson", name, n, "true rate outside", atMost(nominal), 3000, func(r *rand.Rand) bool {
					i, ok := judge.Wilson(failed(r), n, 1-nominal)
					return !ok || i.Low > rate || i.High < rate
				}},
				claim{"Clopper-Pearson", name, n, "true rate outside", atMost(nominal), 1000, func(r *rand.Rand) bool {
					i, ok := judge.ClopperPearson(failed(r), n, 1-nominal)
					return !ok || i.Low > rate || i.High < rate
				}},
				claim{"Newcombe", name, n, "true difference outside", atMost(nominal), 2000, func(r *rand.Rand) bool {
					i, ok := judge.Newcombe(failed(r), n, failed(r), n, 1-nominal)
					return !ok || i.Low > 0 || i.High < 0
				}},
				claim{"two-proportion (Fisher)", name, n, "rise seen", atMost(nominal), 2000, func(r *rand.Rand) bool {
					return judge.TwoProportion(failed(r), n, failed(r), n) <= nominal
				}})
		}
	}
	return out
}
