package trend_test

import (
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/trend"
)

// start is when the series of the tests begin; they have a point a minute.
const (
	start  = 1_800_000_000.0
	minute = 60.0
)

// series makes one point a minute.
func series(n int, value func(i int) float64) []trend.Point {
	out := make([]trend.Point, n)
	for i := range out {
		out[i] = trend.Point{AtUnix: start + minute*float64(i), Value: value(i)}
	}
	return out
}

// noise is normal with a correlation between neighbours and a variance of 1.
func noise(seed uint64, correlation float64) func() float64 {
	r := rand.New(rand.NewPCG(seed, 7))
	last := r.NormFloat64()
	return func() float64 {
		v := last
		last = correlation*last + sqrt(1-correlation*correlation)*r.NormFloat64()
		return v
	}
}

// noisy is a mean of each point under noise.
func noisy(n int, seed uint64, correlation float64, mean func(i int) float64) []trend.Point {
	next := noise(seed, correlation)
	return series(n, func(i int) float64 { return mean(i) + next() })
}

// step is a level of 10 that changes by height from point at.
func step(at int, height float64) func(int) float64 {
	return func(i int) float64 {
		if i < at {
			return 10
		}
		return 10 + height
	}
}

func steady(perPoint float64) func(int) float64 {
	return func(i int) float64 { return 10 + perPoint*float64(i) }
}
