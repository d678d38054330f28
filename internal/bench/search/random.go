package search

import (
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// random measures points of the grid in a random order, each once and in full.
type random struct {
	order []int
	grid  []serving.EngineConfig
	start serving.EngineConfig
}

func newRandom(p Problem) Strategy {
	return &random{order: rand.New(rand.NewPCG(p.Seed, 11)).Perm(len(p.Grid)), grid: p.Grid, start: p.Fleet.Config}
}

func (r *random) Next(seen []Seen) (Ask, bool) {
	if len(seen) == 0 {
		return Ask{Config: r.start, Fidelity: 1}, true
	}
	for len(r.order) > 0 {
		cfg := r.grid[r.order[0]]
		r.order = r.order[1:]
		if !cfg.Equal(r.start) {
			return Ask{Config: cfg, Fidelity: 1}, true
		}
	}
	return Ask{}, false
}

func (r *random) Accepts(seen []Seen) (serving.EngineConfig, bool) { return acceptBest(seen) }
