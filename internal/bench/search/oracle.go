package search

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// closeToBest is how far behind the best of the first look a configuration may be
// and is still measured at length: more than both looks' noise together.
const closeToBest = 0.15

// mostMeasured at length.
const mostMeasured = 40

// Optimum is the best of the grid.
type Optimum struct {
	Configs  int                  `json:"configs"` // valid points of the grid
	Starts   int                  `json:"starts"`  // that start and do not crash
	Engines  int                  `json:"engines"` // different ones after resolution
	Measured int                  `json:"measured_at_length"`
	Config   serving.EngineConfig `json:"config"`
	Rate     float64              `json:"rate"`
	// Low and High are the least and greatest of its rate over three long loads.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Raised: a strategy found it, not the exhaustive search.
	Raised bool `json:"raised,omitempty"`
}

// ranked is a configuration with its first look.
type ranked struct {
	cfg  serving.EngineConfig
	rate float64
}

// Exhaust measures every configuration of the grid, and those close to the best at
// length.
func (s *Site) Exhaust(grid []serving.EngineConfig) Optimum {
	list := make([]ranked, len(grid))
	engines := make([]string, len(grid))
	inParallel(len(grid), func(i int) {
		list[i].cfg = grid[i]
		if m, err := s.start(grid[i]); err == nil && !s.Hidden.crashes(grid[i]) {
			engines[i] = fmt.Sprint(resolved(grid[i], m), m.KVBlocks())
			list[i].rate = s.first(grid[i], m).middle()
		}
	})
	o := Optimum{Configs: len(grid)}
	distinct := map[string]bool{}
	for _, e := range engines {
		if e != "" {
			o.Starts++
			distinct[e] = true
		}
	}
	o.Engines = len(distinct)
	s.finish(&o, list)
	return o
}

// finish measures the best at length. Of equals the first of the grid is taken.
func (s *Site) finish(o *Optimum, list []ranked) {
	slices.SortStableFunc(list, func(a, b ranked) int { return cmp.Compare(b.rate, a.rate) })
	near := 0
	for near < len(list) && near < mostMeasured && list[near].rate >= list[0].rate*(1-closeToBest) && list[near].rate > 0 {
		near++
	}
	o.Measured = near
	rates := make([]float64, near)
	inParallel(near, func(i int) { rates[i] = s.Truth(list[i].cfg) })
	for i, r := range rates {
		if r > o.Rate {
			o.Config, o.Rate = list[i].cfg, r
		}
	}
	o.Low, o.High = o.Rate, o.Rate
	for n := range uint64(2) {
		r := s.truth(o.Config, n+1)
		o.Low, o.High = min(o.Low, r), max(o.High, r)
	}
}

// inParallel calls f for 0..n-1 on all cores.
func inParallel(n int, f func(int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}
