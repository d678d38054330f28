package vllm

import (
	"maps"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// cacheConfig reads what the engine shows of its configuration and from it the
// size of the KV cache: the token count where the engine states it, otherwise
// blocks times their size, which is too high for hybrid models.
func cacheConfig(r *mapping.Reader) {
	f, ok := r.Family("kv_capacity_tokens", []string{nameCacheConfig}, engine.TypeGauge, "the Rust front end does not expose it")
	if !ok {
		return
	}
	if len(f.Series) > 0 {
		revealed := maps.Clone(f.Series[0].Labels)
		delete(revealed, "engine")
		delete(revealed, "model_name")
		r.Fields().Revealed = revealed
	}
	capacities := make([]serving.Measure, len(f.Series))
	for i, s := range f.Series {
		capacities[i] = engineCapacity(s)
	}
	total := mapping.Sum(capacities)
	if len(capacities) == 0 || !total.IsKnown() {
		r.Missing("kv_capacity_tokens", "%s states neither kv_cache_size_tokens nor num_gpu_blocks and block_size", nameCacheConfig)
		return
	}
	r.Fields().KVCapacityTokens = total
}

func engineCapacity(s engine.Series) serving.Measure {
	if tokens := mapping.Label("kv_cache_size_tokens")(s); tokens.IsKnown() {
		return tokens
	}
	blocks, known := mapping.Label("num_gpu_blocks")(s).Get()
	size, sized := mapping.Label("block_size")(s).Get()
	if !known || !sized {
		return serving.Unknown()
	}
	return serving.Known(blocks * size)
}
