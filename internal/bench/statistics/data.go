package statistics

import (
	"math"
	"math/rand/v2"
)

// Data is how the latencies of an arm come about. The zero value is a constant.
type Data struct {
	Name string
	// Sigma is the spread of the logarithm.
	Sigma float64
	// Rho is the correlation between the states in which an engine meets one
	// request and the next; Noise is the share of the variance that is of single
	// requests instead (their lengths), which no neighbour shares.
	Rho, Noise float64
	// HeavyShare of the requests are slowed by a Pareto factor of index 1.5, up to
	// heaviest, where a timeout ends them.
	HeavyShare float64
	// SlowTenth is the factor on the tenth of the requests that are the slowest
	// ones of their state; 0 is none.
	SlowTenth float64
	// BurstShare is the chance with each request that a burst begins, in which the
	// next burstLength requests are slowed by exp(2 Sigma).
	BurstShare float64
	// Drift is the factor from the beginning of a window to its end, the same on
	// both arms: they share the load.
	Drift float64
	// Tick is the resolution to which latencies are rounded up, in medians.
	Tick float64
}

const (
	burstLength = 10
	heaviest    = 30
	slowTenth   = 1.2815515655446004 // the 90% quantile of the standard normal
)

// draw makes n latencies in time around the median.
func (d Data) draw(r *rand.Rand, n int, median float64) []float64 {
	out, slow := make([]float64, n), 0
	state := r.NormFloat64()
	for i := range out {
		state = d.Rho*state + math.Sqrt(1-d.Rho*d.Rho)*r.NormFloat64()
		z := math.Sqrt(1-d.Noise)*state + math.Sqrt(d.Noise)*r.NormFloat64()
		if slow > 0 {
			slow, z = slow-1, z+2
		} else if r.Float64() < d.BurstShare {
			slow = burstLength
		}
		v := math.Exp(d.Sigma * z)
		if d.HeavyShare > 0 && r.Float64() < d.HeavyShare {
			v *= min(math.Pow(1-r.Float64(), -1/1.5), heaviest)
		}
		if d.SlowTenth > 0 && z > slowTenth {
			v *= d.SlowTenth
		}
		if d.Drift > 0 {
			v *= math.Pow(d.Drift, (float64(i)+0.5)/float64(n)-0.5)
		}
		if d.Tick > 0 {
			v = math.Ceil(v/d.Tick) * d.Tick
		}
		out[i] = v * median
	}
	return out
}

// kinds of data. The last one has all that engines do together.
func kinds() []Data {
	return []Data{
		{Name: "log-normal 0.5", Sigma: 0.5},
		{Name: "log-normal 1.0", Sigma: 1},
		{Name: "heavy tail", Sigma: 0.5, HeavyShare: 0.03},
		{Name: "tied (6 values)", Sigma: 0.5, Tick: 0.5},
		{Name: "drifting x2", Sigma: 0.5, Drift: 2},
		{Name: "autocorrelated 0.6", Sigma: 0.5, Rho: 0.6},
		{Name: "autocorrelated 0.9", Sigma: 0.5, Rho: 0.9},
		{Name: "slow state in noise", Sigma: 0.5, Rho: 0.95, Noise: 0.5},
		{Name: "bursts", Sigma: 0.5, BurstShare: 0.02},
		engineLike(),
	}
}

// engineLike is a queue that fills and empties under requests of unlike lengths,
// while the load rises, with a heavy tail and a clock of a few milliseconds.
func engineLike() Data {
	return Data{Name: "as engines do", Sigma: 0.6, Rho: 0.9, Noise: 0.7, HeavyShare: 0.01, Drift: 1.5, Tick: 0.02}
}

// failures of n requests at the rate, in bursts of the mean length; 1 is
// independent failures.
func failures(r *rand.Rand, n int, rate, burst float64) []bool {
	out := make([]bool, n)
	failing := false
	for i := range out {
		switch {
		case failing:
			failing = r.Float64() >= 1/burst
		default:
			failing = r.Float64() < rate/(burst*(1-rate))
		}
		if burst <= 1 {
			failing = r.Float64() < rate
		}
		out[i] = failing
	}
	return out
}

func count(flags []bool) int {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}
