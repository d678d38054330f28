package dcgm

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Names of the fields, from dcgm-exporter's default-counters.csv.
const (
	// nameActive is the share of time, 0..1, in which the graphics or compute
	// engine was active. GPUs of a data centre have it, and MIG slices only this.
	nameActive = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
	// nameUtil is the percentage of time in which any kernel ran.
	nameUtil = "DCGM_FI_DEV_GPU_UTIL"
	// Frame buffer in MiB. Reserved is what the driver keeps for itself.
	nameUsed     = "DCGM_FI_DEV_FB_USED"
	nameFree     = "DCGM_FI_DEV_FB_FREE"
	nameReserved = "DCGM_FI_DEV_FB_RESERVED"
	nameTotal    = "DCGM_FI_DEV_FB_TOTAL"
)

// Prefix of the names of all of DCGM's fields.
const Prefix = "DCGM_FI_"

// mib is the unit of the frame buffer fields.
const mib = 1 << 20

// Names of the quantities, as in serving.Reading.
const (
	utilization = "gpu_utilization"
	memoryUsed  = "gpu_memory_used_bytes"
	memoryTotal = "gpu_memory_total_bytes"
)

// Figures are those of the GPUs of one replica.
type Figures struct {
	Utilization      serving.Measure // 0..1, mean over the GPUs
	MemoryUsedBytes  serving.Measure // sum over the GPUs
	MemoryTotalBytes serving.Measure // sum over the GPUs
	Missing          []serving.Missing
	Derived          []serving.Derived
}

// None are the figures of a replica of which nothing can be said, and why.
func None(reason string) Figures {
	var f Figures
	for _, q := range []string{utilization, memoryUsed, memoryTotal} {
		f.Missing = append(f.Missing, serving.Missing{Quantity: q, Reason: reason})
	}
	return f
}

// Read takes the figures of the GPUs that have the labels. gpus is how many a
// replica uses; another number is nobody's to share out.
func Read(page engine.Families, labels map[string]string, gpus int) Figures {
	s := selection{page: page, labels: labels}
	found := s.gpus()
	if want := max(gpus, 1); len(found) != want {
		return None(fmt.Sprintf("the exporter shows %d GPUs%s and a replica uses %d: name its GPUs by labels in gpu_metrics",
			len(found), withLabels(labels), want))
	}
	var f Figures
	s.utilization(found, &f)
	s.memory(found, &f)
	return f
}

func withLabels(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, labels[name]))
	}
	return " with " + strings.Join(parts, ",")
}

// AddTo completes a reading.
func (f Figures) AddTo(r serving.Reading) serving.Reading {
	r.GPUUtilization, r.GPUMemoryUsedBytes, r.GPUMemoryTotalBytes = f.Utilization, f.MemoryUsedBytes, f.MemoryTotalBytes
	r.Missing = append(slices.Clip(r.Missing), f.Missing...)
	r.Derived = append(slices.Clip(r.Derived), f.Derived...)
	return r
}

func (s selection) utilization(gpus []string, f *Figures) {
	sum, ok := s.sum(nameActive, gpus)
	name, scale := nameActive, 1.0
	if !ok {
		sum, ok = s.sum(nameUtil, gpus)
		name, scale = nameUtil, 100
	}
	share := sum / float64(len(gpus)) / scale
	switch {
	case !ok:
		f.missing(utilization, "the exporter has neither "+nameActive+" nor "+nameUtil+" of every GPU")
	case !(share >= 0 && share <= 1):
		f.missing(utilization, fmt.Sprintf("%s is out of its range", name))
	default:
		f.Utilization = serving.Known(share)
		if name == nameUtil {
			f.derived(utilization, "share of time in which any kernel ran ("+nameUtil+"): an upper bound of how busy the GPU was")
		}
	}
}

func (s selection) memory(gpus []string, f *Figures) {
	used, hasUsed := s.sum(nameUsed, gpus)
	free, hasFree := s.sum(nameFree, gpus)
	total, hasTotal := s.sum(nameTotal, gpus)
	reserved, hasReserved := s.sum(nameReserved, gpus)
	if !hasUsed {
		f.missing(memoryUsed, "the exporter has no "+nameUsed+" of every GPU")
	} else {
		f.MemoryUsedBytes = serving.Known(used * mib)
	}
	switch {
	case hasTotal:
		f.MemoryTotalBytes = serving.Known(total * mib)
	case hasUsed && hasFree && hasReserved:
		f.MemoryTotalBytes = serving.Known((used + free + reserved) * mib)
	case hasUsed && hasFree:
		f.MemoryTotalBytes = serving.Known((used + free) * mib)
		f.derived(memoryTotal, "used + free: at least this, without what the driver reserves")
	default:
		f.missing(memoryTotal, "the exporter has neither "+nameTotal+" nor "+nameFree+" of every GPU")
	}
}

func (f *Figures) missing(quantity, reason string) {
	f.Missing = append(f.Missing, serving.Missing{Quantity: quantity, Reason: reason})
}

func (f *Figures) derived(quantity, how string) {
	f.Derived = append(f.Derived, serving.Derived{Quantity: quantity, How: how})
}
