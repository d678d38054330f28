package api

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// GPU is the GPU view; null is not known, and Missing says why. It is never zero
// for want of a source: simulated engines have no GPU.
type GPU struct {
	Utilization      serving.Measure   `json:"utilization" doc:"Mean over the fleet's GPUs and the window, 0..1."`
	MemoryUsedBytes  serving.Measure   `json:"memory_used_bytes" doc:"Sum over the fleet's GPUs."`
	MemoryTotalBytes serving.Measure   `json:"memory_total_bytes" doc:"Sum over the fleet's GPUs."`
	MemoryUsedRatio  serving.Measure   `json:"memory_used_ratio" doc:"0..1. Engines reserve memory for their KV cache when they start, so it says little about load."`
	Source           string            `json:"source,omitempty" doc:"Where the fleet's GPU figures come from: dcgm, prometheus, or nowhere."`
	Missing          []serving.Missing `json:"missing,omitempty" doc:"What is not known, and why."`
	Derived          []serving.Derived `json:"derived,omitempty" doc:"What is a bound or was computed, and how."`
}

func gpuOf(f serving.Fleet, s serving.Snapshot) GPU {
	g := GPU{
		Utilization: s.GPUUtilization, MemoryUsedBytes: s.GPUMemoryUsedBytes, MemoryTotalBytes: s.GPUMemoryTotalBytes,
		MemoryUsedRatio: s.GPUMemoryUsedBytes.Over(s.GPUMemoryTotalBytes), Source: f.GPUMetrics.Kind,
	}
	for _, q := range []struct {
		name  string
		value serving.Measure
	}{{"gpu_utilization", s.GPUUtilization}, {"gpu_memory_used_bytes", s.GPUMemoryUsedBytes}, {"gpu_memory_total_bytes", s.GPUMemoryTotalBytes}} {
		said := false
		for _, m := range s.Missing {
			if m.Quantity == q.name {
				g.Missing, said = append(g.Missing, m), true
			}
		}
		if !said && !q.value.IsKnown() {
			g.Missing = append(g.Missing, serving.Missing{Quantity: q.name, Reason: whyNoGPU(f)})
		}
		for _, d := range s.Derived {
			if d.Quantity == q.name {
				g.Derived = append(g.Derived, d)
			}
		}
	}
	return g
}

func whyNoGPU(f serving.Fleet) string {
	if f.GPUMetrics.Kind == "" {
		return "the engines do not report it and the fleet names no gpu_metrics"
	}
	return "gpu_metrics was not in force when this was measured: collect again"
}

func (s *Server) gpuMetrics(ctx context.Context, in *FleetPath) (*body[Measured[GPU]], error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	return view(s, func(snapshot serving.Snapshot) GPU { return gpuOf(f, snapshot) })(ctx, in)
}
