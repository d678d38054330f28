package quality

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/judge"
)

// Pairs are the outcomes of n prompts that both sides answered.
type Pairs struct {
	N      int
	Lost   int // good on the baseline only
	Gained int // good on the candidate only
}

// Loss is the share lost less the share gained.
func (p Pairs) Loss() float64 {
	if p.N == 0 {
		return 0
	}
	return float64(p.Lost-p.Gained) / float64(p.N)
}

// McNemar is the exact one-sided test that the candidate is worse: the
// probability of at least so many losses among the discordant pairs if each were
// as likely a gain.
func (p Pairs) McNemar() float64 { return judge.BinomialTail(p.Lost, p.Lost+p.Gained, 0.5) }

// score is Tango's statistic (1998) for a loss of delta: negative when the pairs
// speak for a smaller one.
func (p Pairs) score(delta float64) float64 {
	n := float64(p.N)
	variance := nullVariance(float64(p.Lost)/n, float64(p.Gained)/n, delta)
	if variance <= 0 {
		return 0
	}
	return (p.Loss() - delta) / math.Sqrt(variance/n)
}

// nullVariance is that of one pair's difference if the loss is delta, with the
// share of gains that is then the likeliest for the observed shares; it solves a
// quadratic (Tango 1998, equation 4).
func nullVariance(lost, gained, delta float64) float64 {
	b := 2*delta - delta*(lost-gained) - lost - gained
	c := -gained * delta * (1 - delta)
	q := max(0, (math.Sqrt(max(0, b*b-8*c))-b)/4)
	return 2*q + delta*(1-delta)
}

// LossUpper is the one-sided upper bound of the loss at confidence 1-alpha, by
// inverting Tango's score; 1 without pairs.
func (p Pairs) LossUpper(alpha float64) float64 {
	if p.N == 0 {
		return 1
	}
	z := judge.NormalQuantile(alpha)
	low, high := max(0, p.Loss()), 1.0
	for range 60 {
		mid := (low + high) / 2
		if p.score(mid) > z {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// nuisanceSteps is how finely the unknown share of gains is searched for the one
// under which the evidence is weakest.
const nuisanceSteps = 48

// NonInferiority is the exact probability of evidence as strong as this against
// a loss of the margin, if that were the loss: the greatest over the unknown
// share of gains (Hsueh, Liu and Chen 2001), with the pairs ordered by Tango's
// score. Small means that the candidate is shown to lose less than the margin.
func (p Pairs) NonInferiority(margin float64) float64 {
	if p.N == 0 || margin <= 0 {
		return 1
	}
	region := p.region(margin)
	worst := 0.0
	for i := range nuisanceSteps {
		// Squared, since small shares of gains are the likely ones.
		f := float64(i) / (nuisanceSteps - 1)
		worst = max(worst, region.probability(f*f*(1-margin)/2, margin))
	}
	return min(worst, 1)
}

// rejection is the region of outcomes at least as strong as the observed one:
// for each number of gains the most losses, -1 where none belongs to it.
type rejection struct {
	n    int
	most []int
}

func (p Pairs) region(margin float64) rejection {
	observed := p.score(margin) + 1e-12
	r := rejection{n: p.N, most: make([]int, p.N+1)}
	losses := -1
	for gained := range r.most {
		losses = min(losses, p.N-gained)
		for losses+1 <= p.N-gained && (Pairs{N: p.N, Lost: losses + 1, Gained: gained}).score(margin) <= observed {
			losses++
		}
		r.most[gained] = losses
	}
	return r
}

// probability of the region when a pair is a gain with the given probability and
// a loss with the margin more.
func (r rejection) probability(gain, margin float64) float64 {
	mean := float64(r.n) * gain
	reach := 10*math.Sqrt(mean) + 10 // beyond it the rest is nothing
	sum := 0.0
	for gained := max(0, int(mean-reach)); gained <= min(r.n, int(mean+reach)); gained++ {
		if losses := r.most[gained]; losses >= 0 {
			sum += binomial(gained, r.n, gain) * atMost(losses, r.n-gained, (gain+margin)/(1-gain))
		}
	}
	return sum
}

// binomial is the probability of exactly k of n.
func binomial(k, n int, p float64) float64 {
	switch {
	case p <= 0 && k == 0 || p >= 1 && k == n:
		return 1
	case p <= 0 || p >= 1:
		return 0
	}
	all, _ := math.Lgamma(float64(n) + 1)
	yes, _ := math.Lgamma(float64(k) + 1)
	no, _ := math.Lgamma(float64(n-k) + 1)
	return math.Exp(all - yes - no + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// atMost is the probability of no more than k of n, summed from the side where
// the terms fall.
func atMost(k, n int, p float64) float64 {
	if float64(k) >= float64(n)*p {
		return 1 - judge.BinomialTail(k+1, n, p)
	}
	sum := 0.0
	for i := k; i >= 0; i-- {
		term := binomial(i, n, p)
		sum += term
		if term < 1e-15*sum {
			break
		}
	}
	return sum
}
