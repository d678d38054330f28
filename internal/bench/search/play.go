package search

import "github.com/optiinfra/performance-agent/internal/serving"

// Play is one search of a strategy.
type Play struct {
	Seen []Seen
	// Curve has a point after each measurement.
	Curve []Mark
	// Winner is what the strategy changes to after the budget; Won says whether it
	// does. Rate is the winner's true rate.
	Winner serving.EngineConfig
	Won    bool
	Rate   float64
}

// Mark is what a search had after so many trials: the best that it measured in
// full, by its true rate over the optimum.
type Mark struct {
	Trials   float64 // spent
	Count    int     // measurements of any length
	Fraction float64
}

// Budgets in trials. Everybody decides after budgetTrials; who has no end of its
// own goes on to horizonTrials, so that it is known how many it would need.
const (
	budgetTrials  = 12.0
	horizonTrials = 24.0
)

// Run plays a strategy until it has no more to ask or the horizon is reached. A
// measurement that would exceed it is not made. What it decides rests on what it
// had seen within the budget.
func (s *Study) Run(strategy Strategy, budget, horizon float64, seed uint64) Play {
	var p Play
	spent, within := 0.0, 0
	for {
		ask, ok := strategy.Next(p.Seen)
		if !ok {
			break
		}
		seen := s.Measure(ask, seed)
		if spent += seen.cost(); spent > horizon+1e-9 {
			break
		}
		p.Seen = append(p.Seen, seen)
		if spent <= budget+1e-9 {
			within = len(p.Seen)
		}
		p.Curve = append(p.Curve, Mark{Trials: spent, Count: len(p.Seen), Fraction: s.fraction(p.Seen)})
	}
	decisive := p.Seen[:within:within]
	if c, ok := strategy.(confirmer); ok {
		decisive = append(decisive, s.confirm(c, decisive, seed)...)
	}
	if p.Winner, p.Won = strategy.Accepts(decisive); p.Won {
		p.Rate = s.Site.Truth(p.Winner)
	}
	return p
}

// confirmer is a strategy that measures again before it changes anything.
type confirmer interface {
	// Confirm is what it wants to be measured when the search is over.
	Confirm(seen []Seen) []Ask
}

func (s *Study) confirm(c confirmer, seen []Seen, seed uint64) []Seen {
	var out []Seen
	for _, a := range c.Confirm(seen) {
		out = append(out, s.Measure(a, seed))
	}
	return out
}

// fraction is the true rate of the best whole measurement over the optimum.
func (s *Study) fraction(seen []Seen) float64 {
	b, ok := best(seen)
	if !ok {
		return 0
	}
	return s.Site.Truth(b.Config) / s.Optimum.Rate
}

// raise corrects the optimum where a strategy found a configuration of the grid that
// is better at length than the exhaustive search's first look made believe, and the
// fractions with it.
func (s *Study) raise(plays []Play) {
	grid := map[string]bool{}
	for _, cfg := range s.Grid {
		grid[cfg.Key()] = true
	}
	before := s.Optimum.Rate
	for _, p := range plays {
		for i, m := range p.Curve {
			b, _ := best(p.Seen[:i+1])
			if rate := m.Fraction * before; rate > s.Optimum.Rate*(1+1e-9) && grid[b.Config.Key()] {
				s.Optimum.Config, s.Optimum.Rate, s.Optimum.Raised = b.Config, rate, true
				s.Optimum.High = max(s.Optimum.High, rate)
			}
		}
	}
	for _, p := range plays {
		for i := range p.Curve {
			p.Curve[i].Fraction *= before / s.Optimum.Rate
		}
	}
}

// FalseWin says that the winner's gain is not real: below the minimum effect.
func (s *Study) FalseWin(p Play) bool { return p.Won && p.Rate < s.StartRate*(1+minEffect) }
