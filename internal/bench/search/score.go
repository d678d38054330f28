package search

import (
	"math"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// goalFraction of the optimum is what a search is to reach.
const goalFraction = 0.95

// Score is how a strategy did on a case, over all seeds.
type Score struct {
	// TrialsTo95 is the median over the seeds of the trials until what the strategy
	// had was 95% of the optimum; nil when half of them never got there.
	TrialsTo95 *float64 `json:"trials_to_95"`
	// CountTo95 is the same in measurements of any length.
	CountTo95 *float64 `json:"measurements_to_95"`
	Reached95 int      `json:"seeds_reached_95"`
	// FractionAt12 is the mean over the seeds of the fraction of the optimum after
	// 12 trials, WorstAt12 the least.
	FractionAt12 float64 `json:"fraction_at_12"`
	WorstAt12    float64 `json:"worst_fraction_at_12"`
	// Spent is the mean number of trials within the budget, and Failed that of
	// engines that did not start or crashed.
	Spent  float64 `json:"trials_spent"`
	Failed float64 `json:"failed"`
	// Wins are the seeds in which it changed the configuration, FalseWins those in
	// which that gained less than the minimum effect.
	Wins      int `json:"wins"`
	FalseWins int `json:"false_wins"`
	// Curve is the mean fraction after 1, 2, .. trials.
	Curve []float64 `json:"curve"`
}

// scoreOf sums up the plays of a strategy on a study.
func scoreOf(s *Study, plays []Play) Score {
	var trials, counts []float64
	out := Score{WorstAt12: math.Inf(1), Curve: make([]float64, int(horizonTrials))}
	n := float64(len(plays))
	for _, p := range plays {
		t, c := p.reached(goalFraction)
		trials, counts = append(trials, t), append(counts, c)
		if !math.IsInf(t, 1) {
			out.Reached95++
		}
		at12 := p.at(budgetTrials)
		out.FractionAt12 += at12 / n
		out.WorstAt12 = min(out.WorstAt12, at12)
		spent, failed := p.used(budgetTrials)
		out.Spent, out.Failed = out.Spent+spent/n, out.Failed+failed/n
		out.Wins += one(p.Won)
		out.FalseWins += one(s.FalseWin(p))
		for i := range out.Curve {
			out.Curve[i] += p.at(float64(i+1)) / n
		}
	}
	out.TrialsTo95, out.CountTo95 = finite(median(trials)), finite(median(counts))
	return out
}

// reached is the number of trials and of measurements until the fraction was
// reached, infinite when it never was.
func (p Play) reached(fraction float64) (trials, count float64) {
	for _, m := range p.Curve {
		if m.Fraction >= fraction {
			return m.Trials, float64(m.Count)
		}
	}
	return math.Inf(1), math.Inf(1)
}

// at is the fraction after so many trials.
func (p Play) at(trials float64) float64 {
	fraction := 0.0
	for _, m := range p.Curve {
		if m.Trials <= trials+1e-9 {
			fraction = m.Fraction
		}
	}
	return fraction
}

// used are the trials spent within a budget and how many measurements failed.
func (p Play) used(budget float64) (spent, failed float64) {
	for i, m := range p.Curve {
		if m.Trials <= budget+1e-9 {
			spent = m.Trials
			if p.Seen[i].Status == serving.TrialFailed {
				failed++
			}
		}
	}
	return spent, failed
}

// median of an even number is the greater of the middle two, so that half reached
// is not enough.
func median(list []float64) float64 {
	if len(list) == 0 {
		return math.Inf(1)
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func finite(v float64) *float64 {
	if math.IsInf(v, 1) {
		return nil
	}
	return &v
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func orInfinite(v *float64) float64 {
	if v == nil {
		return math.Inf(1)
	}
	return *v
}
