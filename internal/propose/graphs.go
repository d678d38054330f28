package propose

import "github.com/optiinfra/performance-agent/internal/serving"

const flagEager = "--enforce-eager"

// removeEager turns CUDA graphs and compilation back on.
func removeEager(s scope) []idea {
	value, set := s.cfg.Get(flagEager)
	if !set || isFalse(value) {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.0, 4.0, "eager to graphs 1.1x at large batches to 4x at batch 1"),
		recommendation: serving.Recommendation{
			ID: "cuda-graphs/remove-enforce-eager", Family: serving.FamilyCUDAGraphs, Risk: serving.RiskCheap,
			Title:         "Use CUDA graphs: remove --enforce-eager",
			Changes:       []serving.FlagChange{unset(s.cfg, flagEager)},
			Mechanism:     "In eager mode the CPU launches every kernel of every layer one by one, about 0.45 ms a layer and step; a captured graph replays a whole decode step with one launch.",
			Rationale:     s.because("the engine runs with --enforce-eager, so a step cannot be shorter than the CPU needs to launch its kernels", serving.BottleneckHostOverhead),
			WrongIf:       "the GPU is slower than the CPU (L4, A10G, L40S) and short of KV cache: graphs take about 0.5 GiB",
			Prerequisites: []string{"start-up takes longer by the capture: seconds with a warm compile cache, more than a minute without"},
		},
	}}
}
