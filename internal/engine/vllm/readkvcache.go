package vllm

import (
	"maps"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// usage is the share of KV blocks in use, 0..1. Engines of one process are
// alike, so the plain mean is the mean by blocks.
func (r *reader) usage() {
	f, ok := r.family("kv_usage", kvUsageNames(), engine.TypeGauge, statsOff)
	if !ok {
		return
	}
	r.put("kv_usage", f.Name, &r.out.KVUsage, sumValues(f).Over(serving.Known(float64(len(f.Series)))))
}

// cacheConfig reads what the engine shows of its configuration and from it the
// size of the KV cache: the token count where the engine states it, otherwise
// blocks times their size, which is too high for hybrid models.
func (r *reader) cacheConfig() {
	const why = "the Rust front end does not expose it"
	f, ok := r.family("kv_capacity_tokens", []string{nameCacheConfig}, engine.TypeGauge, why)
	if !ok {
		return
	}
	if len(f.Series) > 0 {
		r.out.Revealed = maps.Clone(f.Series[0].Labels)
		delete(r.out.Revealed, "engine")
		delete(r.out.Revealed, "model_name")
	}
	capacity := serving.Unknown()
	for _, s := range f.Series {
		tokens := engineCapacity(s)
		if !tokens.IsKnown() {
			capacity = tokens // the others alone would be too few
			break
		}
		capacity = capacity.Plus(tokens)
	}
	if !capacity.IsKnown() {
		r.missing("kv_capacity_tokens", "%s states neither kv_cache_size_tokens nor num_gpu_blocks and block_size", nameCacheConfig)
	}
	r.out.KVCapacityTokens = capacity
}

func engineCapacity(s engine.Series) serving.Measure {
	if tokens := label(s, "kv_cache_size_tokens"); tokens.IsKnown() {
		return tokens
	}
	return times(label(s, "num_gpu_blocks"), label(s, "block_size"))
}

// label reads a number from a label; "None" and the like are unknown.
func label(s engine.Series, name string) serving.Measure {
	v, err := strconv.ParseFloat(s.Labels[name], 64)
	if err != nil {
		return serving.Unknown()
	}
	return serving.Known(v)
}

func times(a, b serving.Measure) serving.Measure {
	x, okA := a.Get()
	y, okB := b.Get()
	if !okA || !okB {
		return serving.Unknown()
	}
	return serving.Known(x * y)
}

// prefixCachingOff tells the two reasons for missing prefix counts of the V0
// engine apart: its hit-rate gauge is -1 while prefix caching is off, and
// otherwise a ratio without the counts behind it.
func (r *reader) prefixCachingOff() {
	f, found := r.page.Lookup(nameHitRate)
	if !found || len(f.Series) == 0 {
		return
	}
	reason := "the V0 engine shows only a hit rate, " + strconv.FormatFloat(f.Series[0].Value, 'g', 4, 64)
	if f.Series[0].Value < 0 {
		reason = "prefix caching is off"
	}
	for i := range r.out.Missing {
		if q := r.out.Missing[i].Quantity; q == "prefix_query_tokens" || q == "prefix_hit_tokens" {
			r.out.Missing[i].Reason = reason
		}
	}
}
