package loadgen

import (
	"math"
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// gap draws the time between two arrivals in units of its mean.
func gap(w serving.Workload, r *rand.Rand) float64 {
	switch w.Arrival {
	case serving.ArrivalConstant:
		return 1
	case serving.ArrivalGamma:
		if k := w.ArrivalShape; k > 0 {
			return gamma(k, r) / k
		}
	}
	return r.ExpFloat64()
}

// gamma draws from the gamma distribution of shape k and scale 1 by the method
// of Marsaglia and Tsang (2000): the cube of a normal variable, accepted nearly
// always. For shapes below 1 a draw of shape k+1 is scaled by a power of a
// uniform one.
func gamma(k float64, r *rand.Rand) float64 {
	if k < 1 {
		return gamma(k+1, r) * math.Pow(1-r.Float64(), 1/k)
	}
	d := k - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// pace turns the number of arrivals expected so far into the time when it is
// reached, in seconds from the start. A process whose rate changes is a process
// of rate 1 on that scale.
type pace func(expected float64) float64

func steadyPace(rate float64) pace {
	return func(expected float64) float64 { return expected / rate }
}

// rampPace holds the first rate for the warm-up and then changes it evenly to
// the second over the window; beyond the window the second one goes on. Within
// the ramp expected(t) = from*t + (to-from)/window * t^2/2, which is solved for
// the time.
func rampPace(from, to, warmup, window float64) pace {
	before, within := from*warmup, (from+to)/2*window
	rise := (to - from) / window
	return func(expected float64) float64 {
		switch n := expected - before; {
		case n <= 0:
			return expected / from
		case n >= within:
			return warmup + window + (n-within)/to
		default:
			// The form that does not cancel where the rise is small.
			return warmup + 2*n/(from+math.Sqrt(from*from+2*rise*n))
		}
	}
}
