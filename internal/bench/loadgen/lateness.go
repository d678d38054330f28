package loadgen

import (
	"math"
	"slices"
)

// Lateness is how far arrivals fell behind a constant rate, in seconds.
type Lateness struct {
	Requests   int     `json:"requests"`
	PerSecond  float64 `json:"requests_per_second"`
	P50Seconds float64 `json:"p50_seconds"`
	P99Seconds float64 `json:"p99_seconds"`
	MaxSeconds float64 `json:"max_seconds"`
}

// behindGrid compares arrivals, in seconds, with the grid of a rate. The grid
// begins where it makes no arrival early: nobody can tell a client's intended
// start from a delay that all its requests share.
func behindGrid(arrivals []float64, rate float64) Lateness {
	n := len(arrivals)
	if n < 2 {
		return Lateness{Requests: n}
	}
	sorted := slices.Sorted(slices.Values(arrivals))
	late, earliest := make([]float64, n), math.Inf(1)
	for i, at := range sorted {
		late[i] = at - float64(i)/rate
		earliest = min(earliest, late[i])
	}
	for i := range late {
		late[i] -= earliest
	}
	slices.Sort(late)
	return Lateness{Requests: n, PerSecond: float64(n-1) / (sorted[n-1] - sorted[0]),
		P50Seconds: late[n/2], P99Seconds: late[(n-1)*99/100], MaxSeconds: late[n-1]}
}

// quantile by the nearest rank, 0 of nothing.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1))]
}
