package trend

import (
	"cmp"
	"slices"
)

// ranks of the values, from 1; equal values share their mean rank.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			out[at] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}

// autocorrelation between ranks that are lag places apart; 0 of equal ones.
func autocorrelation(ranked []float64, lag int) float64 {
	n := float64(len(ranked))
	mean := (n + 1) / 2 // of any ranks, ties or not
	spread, together := 0.0, 0.0
	for i, v := range ranked {
		spread += (v - mean) * (v - mean)
		if i >= lag {
			together += (v - mean) * (ranked[i-lag] - mean)
		}
	}
	if spread == 0 {
		return 0
	}
	return together / spread
}

// maxDesignEffect bounds how far dependence may shrink a sample: beyond it the
// estimate itself is not to be trusted.
const maxDesignEffect = 10

// designEffect is by how much the dependence between neighbours raises the
// variance of a mean or a rank sum over that of independent points:
// (1+r)/(1-r) for a correlation r that fades by the same factor with each step
// (a first-order autoregression). r is pooled over the stretches, each about its
// own median, on ranks, and raised by what its estimate from n points is known
// to be too low by, (1+3r)/n (Kendall 1954). It is at least 1.
func designEffect(stretches ...[]float64) float64 {
	sum, weight := 0.0, 0.0
	for _, values := range stretches {
		n := float64(len(values))
		if n < 4 {
			continue
		}
		if slices.Min(values) == slices.Max(values) {
			continue // a constant stretch says nothing of dependence
		}
		r := autocorrelation(ranks(values), 1)
		sum += n * (r + (1+3*r)/n)
		weight += n
	}
	if weight == 0 {
		return 1
	}
	r := min(max(sum/weight, 0), 0.99)
	return min((1+r)/(1-r), maxDesignEffect)
}
