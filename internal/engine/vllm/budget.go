package vllm

import "github.com/optiinfra/performance-agent/internal/engine"

// defaultBatchedTokens is vLLM's default token budget of an API server on this
// GPU: 8192 from 70 GiB except on an A100, otherwise 2048. Only the
// newest versions take 16384 from 160 GiB; assuming it for all can miss a problem
// of an older one and never invents one.
func defaultBatchedTokens(name string) (tokens float64, ok bool) {
	g, ok := engine.LookUpGPU(name)
	switch {
	case !ok:
		return 0, false
	case g.MemoryGiB >= 160:
		return 16384, true
	case g.MemoryGiB >= 70:
		return 8192, true
	}
	return 2048, true
}
