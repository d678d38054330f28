package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// memoryParameters decide how much KV cache there is and how it is used.
func memoryParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagUtilization, Type: engine.Float, Default: "0.92 (0.9 before 0.20)",
			Min: atLeast(0), MinExclusive: true, Max: atMost(1), Unit: "share of GPU memory",
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Source: srcCache,
			Description: "Memory for weights, activations and KV cache. More means more KV cache, so fewer preemptions and more concurrency, and less room before an out-of-memory error. Ignored when --kv-cache-memory-bytes is set.",
		},
		{
			Flag: "--kv-cache-memory-bytes", Type: engine.Int, Default: "from profiling", Min: atLeast(1), Unit: "bytes per GPU", Suffixes: true,
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Since: "0.10.2", Source: srcCache,
			Description: "Exact size of the KV cache; skips memory profiling at start.",
		},
		{
			Flag: flagKVDtype, Type: engine.Enum, Default: "auto",
			Enum: []string{"auto", "float16", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_ds_mla",
				"turboquant_k8v4", "turboquant_4bit_nc", "turboquant_k3v4_nc", "turboquant_3bit_nc",
				"int4_per_token_head", "int8_per_token_head", "fp8_per_token_head", "nvfp4", "nvfp4_4over6"},
			Risk: serving.RiskNumerics, Family: serving.FamilyKVCache, Source: srcCache,
			Hardware:    "fp8: CUDA 11.8 or ROCm; nvfp4: compute capability 10.0",
			Description: "Type of the cached keys and values. FP8 halves them, so about twice the tokens fit; without calibrated scales accuracy is at risk. Little gain below contexts of some thousand tokens.",
		},
		{
			Flag: "--block-size", Type: engine.Int, Default: "16 (a platform may choose another)", Min: atLeast(1), Max: atMost(256), Unit: "tokens",
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Source: srcCache,
			Description: "Granularity of the KV cache and of prefix reuse.",
		},
		{
			Flag: flagPrefixCaching, Type: engine.Bool, Default: "on where the model supports it (off before 0.8)",
			Risk: serving.RiskCheap, Family: serving.FamilyPrefixCaching, Source: srcCache,
			Description: "Reuses the KV cache of prompts that begin alike. Near-free since 0.8, no gain when prompts share nothing.",
		},
		{
			Flag: "--prefix-caching-hash-algo", Type: engine.Enum, Default: "sha256", Enum: []string{"builtin", "sha256", "sha256_cbor", "sha256_cbor_64bit", "xxhash", "xxhash_cbor"},
			Risk: serving.RiskCheap, Family: serving.FamilyPrefixCaching, Source: srcCache,
			Description: "Hash that identifies cached blocks; the faster ones are not safe against crafted prompts.",
		},
		{
			Flag: "--cpu-offload-gb", Type: engine.Float, Default: "0", Min: atLeast(0), Unit: "GiB per GPU",
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Source: srcCache,
			Description: "Keeps part of the weights in host memory: a model that is too large fits, and every step pays for the transfer.",
		},
		{
			Flag: "--kv-offloading-size", Type: engine.Float, Default: "none", Min: atLeast(0), Unit: "GiB over all tensor-parallel ranks",
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Since: "0.11.1", Source: srcCache,
			Description: "Spills KV blocks to host memory.",
		},
		{
			Flag: "--watermark", Type: engine.Float, Default: "0", Min: atLeast(0), Max: atMost(1), MaxExclusive: true, Unit: "share of the KV cache",
			Risk: serving.RiskCheap, Family: serving.FamilyKVCache, Since: "0.21", Source: srcCache,
			Description: "Keeps this share free when a request is admitted: fewer preemptions, a little less concurrency.",
		},
	}
}
