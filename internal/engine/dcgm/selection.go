package dcgm

import (
	"math"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// selection is the part of a page that is about some GPUs.
type selection struct {
	page   engine.Families
	labels map[string]string
}

// gpus lists the selected GPUs, each once, in order.
func (s selection) gpus() []string {
	var out []string
	for _, name := range []string{nameActive, nameUtil, nameUsed} {
		for gpu := range s.values(name) {
			if !slices.Contains(out, gpu) {
				out = append(out, gpu)
			}
		}
	}
	slices.Sort(out)
	return out
}

// sum adds a field over the GPUs; ok is false unless each has a number. A field
// that the GPU lacks is exported as a number far beyond any real one or not at
// all (DCGM_INT64_BLANK and DCGM_FP64_BLANK, dcgm_structs.h).
func (s selection) sum(name string, gpus []string) (sum float64, ok bool) {
	const blank = 1 << 47
	values := s.values(name)
	for _, gpu := range gpus {
		v, has := values[gpu]
		if !has || math.IsNaN(v) || v < 0 || v >= blank {
			return 0, false
		}
		sum += v
	}
	return sum, len(gpus) > 0
}

// values are those of a field by GPU.
func (s selection) values(name string) map[string]float64 {
	f, _ := s.page.Lookup(name)
	out := map[string]float64{}
	for _, series := range f.Series {
		if s.selects(series.Labels) {
			out[identity(series.Labels)] = series.Value
		}
	}
	return out
}

func (s selection) selects(labels map[string]string) bool {
	for name, value := range s.labels {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// identity tells a GPU, or a slice of one (MIG), from all others.
func identity(labels map[string]string) string {
	parts := make([]string, 0, 4)
	for _, name := range []string{"Hostname", "gpu", "UUID", "GPU_I_ID"} {
		parts = append(parts, labels[name])
	}
	return strings.Join(parts, "\xff")
}
