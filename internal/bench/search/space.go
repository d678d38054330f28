package search

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// unset is the value of an axis that leaves its flag out.
const unset = "-"

// Axis is a flag and the values that are tried.
type Axis struct {
	Flag   string   `json:"flag"`
	Values []string `json:"values"` // unset among them leaves the flag out
	// Ordered values are numbers that grow.
	Ordered bool `json:"ordered"`
	// bare is the value behind a flag that is a switch.
	bare bool
}

// Space is a grid of configurations around a base.
type Space struct {
	Base serving.EngineConfig
	Axes []Axis
}

// Size is the number of points of the grid.
func (s Space) Size() int {
	n := 1
	for _, a := range s.Axes {
		n *= len(a.Values)
	}
	return n
}

// At is the configuration at a point, which has a position on each axis.
func (s Space) At(point []int) serving.EngineConfig {
	cfg := s.Base
	for i, a := range s.Axes {
		switch v := a.Values[point[i]]; {
		case v == unset:
			cfg = cfg.Without(a.Flag)
		case a.bare:
			cfg = cfg.With(a.Flag, "")
		default:
			cfg = cfg.With(a.Flag, v)
		}
	}
	return cfg
}

// Point is the position on each axis of the n-th point, from 0.
func (s Space) Point(n int) []int {
	point := make([]int, len(s.Axes))
	for i, a := range s.Axes {
		point[i] = n % len(a.Values)
		n /= len(a.Values)
	}
	return point
}

// Valid lists the configurations of the grid that the engine's catalogue does not
// refuse, each once: whoever can read the manual tries no other.
func (s Space) Valid(e engine.Engine, hw serving.Hardware) []serving.EngineConfig {
	var out []serving.EngineConfig
	seen := map[string]bool{}
	for n := range s.Size() {
		cfg := s.At(s.Point(n))
		if key := cfg.Key(); !seen[key] && len(e.Validate(cfg, hw)) == 0 {
			seen[key] = true
			out = append(out, cfg)
		}
	}
	return out
}
