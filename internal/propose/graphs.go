package propose

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// enableGraphs turns CUDA graphs and compilation back on.
func enableGraphs(s scope) []idea {
	flags := s.d.Graphs.Offending(s.cfg)
	if len(flags) == 0 {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 4.0, "eager to graphs 1.1x at large batches to 4x at batch 1"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyCUDAGraphs, "remove-"+strings.TrimLeft(flags[0], "-"), ""), Family: serving.FamilyCUDAGraphs, Risk: serving.RiskCheap,
			Title:         "Use CUDA graphs: remove " + strings.Join(flags, " and "),
			Changes:       unsetAll(s.cfg, flags...),
			Mechanism:     "In eager mode the CPU launches every kernel of every layer one by one, about 0.45 ms a layer and step; a captured graph replays a whole decode step with one launch.",
			WrongIf:       "the GPU is slower than the CPU (L4, A10G, L40S) and short of KV cache: graphs take about 0.5 GiB",
			Prerequisites: []string{"start-up takes longer by the capture: seconds with a warm compile cache, more than a minute without"},
		}, "the engine runs with "+flags[0]+", so a step cannot be shorter than the CPU needs to launch its kernels", serving.BottleneckHostOverhead),
	}}
}

// greatestGraph is the largest batch that engines capture without being forced.
const greatestGraph = 512

// widenGraphs captures graphs for the batches that are seen.
func widenGraphs(s scope) []idea {
	batch, measured := s.Snapshot.Running.Over(serving.Known(float64(s.replicas()))).Get()
	_, found := s.finding(serving.BottleneckHostOverhead)
	if !found || !measured || !s.d.GraphBatch.Exists() || len(s.d.Graphs.Offending(s.cfg)) > 0 {
		return nil
	}
	now := s.d.GraphBatch.In(s.cfg, s.Snapshot.Revealed).Or(s.d.DefaultGraphBatch)
	target := 8
	for float64(target) < 1.5*batch && target < greatestGraph {
		target *= 2
	}
	if now == 0 || float64(target) <= now {
		return nil
	}
	flag, value := s.d.GraphBatch.Spelling(s.cfg), count(target)
	if s.d.DefaultGraphBatch > 0 { // the role is a list of sizes
		value = doublings(target)
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 1.5, "graphs against eager at batches of 32 to 128 on H100, 1.28x at 128"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyCUDAGraphs, flag, count(target)), Family: serving.FamilyCUDAGraphs, Risk: serving.RiskCheap,
			Title:         fmt.Sprintf("Capture CUDA graphs for batches up to %d instead of %.0f", target, now),
			Changes:       []serving.FlagChange{set(s.cfg, flag, value)},
			Mechanism:     "A batch beyond the largest captured graph runs eagerly: the CPU launches each kernel. A graph of its size replays the step with one launch.",
			WrongIf:       "memory is short: each captured size takes some; or the GPU is slower than the launches",
			Prerequisites: []string{"start-up takes longer by the capture of the added sizes"},
		}, fmt.Sprintf("%.0f requests run at once and graphs end at %.0f", batch, now), serving.BottleneckHostOverhead),
	}}
}

// doublings lists 1, 2, 4, ... up to a power of two.
func doublings(last int) string {
	var out []string
	for n := 1; n <= last; n *= 2 {
		out = append(out, count(n))
	}
	return strings.Join(out, ",")
}

// replicas that the snapshot covers, or else the fleet's record.
func (in Input) replicas() int {
	if in.Snapshot.Replicas > 0 {
		return in.Snapshot.Replicas
	}
	return max(in.Fleet.Replicas, 1)
}
