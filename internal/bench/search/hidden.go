package search

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Hidden is how the GPU of a case differs from the one that perfmodel describes.
// No strategy is told. Factors are on the nominal figure.
type Hidden struct {
	Draw      string  `json:"draw"`
	Compute   float64 `json:"compute"`
	Bandwidth float64 `json:"bandwidth"`
	EightBit  float64 `json:"eight_bit"` // compute of 8-bit kernels, beside Compute
	Host      float64 `json:"host"`      // time of the host for a step and of the frontend
	Memory    float64 `json:"memory"`
	// MostMemory is the greatest share of memory with which the engine starts.
	MostMemory float64 `json:"most_memory"`
	// Crash is a pair of flags that do not go together under load.
	Crash []serving.Flag `json:"crash,omitempty"`
}

// Greatest deviations of the drawn factors. Kernels and hosts differ by a quarter
// between deployments of one GPU; memory differs by what else is on the card.
const (
	spread       = 0.25
	memorySpread = 0.04
)

// draws of the hidden factors.
const (
	drawOpen    = "open"     // may be looked at by whoever improves a strategy
	drawHeldOut = "held-out" // must not
)

// drawHidden draws the factors of a case. The crash is a pair of values of two axes,
// of which the start has neither and no axis has only one other.
func drawHidden(c Case, start serving.EngineConfig, hw serving.Hardware, draw string) (Hidden, error) {
	settings, err := perfmodel.SettingsOf(start, hw)
	if err != nil {
		return Hidden{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	h := fnv.New64a()
	fmt.Fprint(h, c.Name, "/", draw)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	around := func(by float64) float64 { return 1 + by*(2*r.Float64()-1) }
	out := Hidden{Draw: draw, Compute: around(spread), Bandwidth: around(spread), EightBit: around(spread), Host: around(spread),
		Memory: around(memorySpread)}
	least := max(c.mostMemory[0], settings.GPUMemoryUtilization) // production runs
	out.MostMemory = least + max(0, c.mostMemory[1]-least)*r.Float64()
	out.Crash = drawCrash(c, r)
	return out, nil
}

func drawCrash(c Case, r *rand.Rand) []serving.Flag {
	var able []Axis
	for _, a := range c.Axes {
		if len(a.Values) > 2 {
			able = append(able, a)
		}
	}
	r.Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	var out []serving.Flag
	for _, a := range able[:min(2, len(able))] {
		values := slices.DeleteFunc(slices.Clone(a.Values), func(v string) bool {
			return v == unset || slices.Contains(c.Plant.Flags, v)
		})
		out = append(out, serving.Flag{Name: a.Flag, Value: values[r.IntN(len(values))]})
	}
	return out
}

// crashes says whether the engine dies under load with the configuration.
func (h Hidden) crashes(cfg serving.EngineConfig) bool {
	if len(h.Crash) == 0 {
		return false
	}
	for _, f := range h.Crash {
		if v, set := cfg.Get(f.Name); !set || v != f.Value {
			return false
		}
	}
	return true
}

// tuning is the physics with the factors.
func (h Hidden) tuning() perfmodel.Tuning {
	t := perfmodel.DefaultTuning()
	t.Constants.APISeconds *= h.Host
	t.Constants.APISecondsPerToken *= h.Host
	t.Constants.LaunchSeconds *= h.Host
	t.Constants.Hosts = slices.Clone(t.Constants.Hosts)
	for i := range t.Constants.Hosts {
		t.Constants.Hosts[i].BaseSeconds *= h.Host
		t.Constants.Hosts[i].SequenceSeconds *= h.Host
	}
	t.GPU = func(g perfmodel.GPU) perfmodel.GPU {
		g.FlopsBF16 *= h.Compute
		g.Flops8Bit *= h.Compute * h.EightBit
		g.BytesPerSecond *= h.Bandwidth
		g.MemoryBytes *= h.Memory
		return g
	}
	return t
}
