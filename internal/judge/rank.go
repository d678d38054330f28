package judge

import (
	"cmp"
	"slices"
)

// Ranks of the values, from 1, in their order; equal values share their mean
// rank.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	// Which of two equals comes first changes nothing: they share their rank.
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
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

// Autocorrelation between values that are lag places apart; 0 of equal ones.
func Autocorrelation(values []float64, lag int) float64 {
	mean, spread, together := meanOf(values), 0.0, 0.0
	for i, v := range values {
		spread += (v - mean) * (v - mean)
		if i >= lag {
			together += (v - mean) * (values[i-lag] - mean)
		}
	}
	if spread == 0 {
		return 0
	}
	return together / spread
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// withoutSharedDrift takes the straight line out that all stretches have in
// common, each keeping its own mean. Arms that are observed over the same window
// share the load that drifts, and a drift that both have is no dependence. The
// stretches are taken as equally long in time.
func withoutSharedDrift(stretches [][]float64) [][]float64 {
	slope, spread := 0.0, 0.0
	place := func(i, n int) float64 { return (float64(i)+0.5)/float64(n) - 0.5 } // within the window
	for _, values := range stretches {
		mean := meanOf(values)
		for i, v := range values {
			t := place(i, len(values))
			slope, spread = slope+t*(v-mean), spread+t*t
		}
	}
	out := make([][]float64, len(stretches))
	for at, values := range stretches {
		out[at] = make([]float64, len(values))
		for i, v := range values {
			out[at][i] = v
			if spread > 0 {
				out[at][i] -= slope / spread * place(i, len(values))
			}
		}
	}
	return out
}
