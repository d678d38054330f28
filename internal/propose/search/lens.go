package search

import "math"

// lens is what a history says of one score.
type lens struct {
	search  *Search
	weights weights
	process process
	// level is the score of the present configuration where the prior is relative
	// to it, 0 where the prior is absolute.
	level float64
}

func (s *Search) learn(w weights, seen []Observation) lens {
	l := lens{search: s, weights: w}
	if !s.modelled && len(seen) > 0 {
		l.level, _, _ = w.reading(seen[0])
	}
	k := kernel{axes: s.axes, misfit: misfitBlind, scale: 1}
	if s.modelled {
		k.misfit, k.doubts = misfit, s.doubts
	}
	l.process = condition(k, l.samples(seen))
	return l
}

// samples are the errors of the prior where it was tested.
func (l lens) samples(seen []Observation) []sample {
	var out []sample
	for _, o := range seen {
		score, deviation, ok := l.weights.reading(o)
		p, known := l.search.newPoint(l.search.candidateOf(o.Config))
		if !ok || !known {
			continue
		}
		p = p.under(l.weights)
		out = append(out, sample{input{p, o.Fidelity}, score - p.prior - l.level, deviation})
	}
	return out
}

// at is the expected score of a full trial, and its deviation.
func (l *lens) at(p *point) (mean, deviation float64) {
	p = p.under(l.weights)
	mean, deviation = l.process.at(input{p, 1})
	return mean + p.prior + l.level, deviation
}

// exceeds is the chance that a configuration's score is above a bound.
func (l *lens) exceeds(p *point, bound float64) float64 {
	mean, deviation := l.at(p)
	return normal((mean - bound) / deviation)
}

// normal is the standard normal distribution function.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// density is that of the standard normal distribution.
func density(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
