package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// RegisterVLLMCacheConfig exposes the KV cache's configuration as vLLM does: a gauge
// of 1 whose labels are the fields, written as Python prints them. cacheDtype is
// the value of --kv-cache-dtype, "auto" when it is not set.
func RegisterVLLMCacheConfig(r *prometheus.Registry, m perfmodel.Model, cacheDtype string) {
	s := m.Settings()
	bytes := "None"
	if s.KVCacheMemoryBytes > 0 {
		bytes = strconv.FormatFloat(s.KVCacheMemoryBytes, 'f', 0, 64)
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "vllm:cache_config_info", Help: "Information of the LLMEngine CacheConfig",
		ConstLabels: prometheus.Labels{
			"engine": "0", "block_size": strconv.Itoa(s.BlockSize), "cache_dtype": cacheDtype,
			"enable_prefix_caching": python(s.PrefixCaching), "prefix_caching_hash_algo": "sha256",
			"gpu_memory_utilization": strconv.FormatFloat(s.GPUMemoryUtilization, 'g', -1, 64),
			"kv_cache_memory_bytes":  bytes, "num_gpu_blocks": strconv.Itoa(m.KVBlocks()),
			"num_cpu_blocks": "None", "num_gpu_blocks_override": "None", "sliding_window": "None",
			"is_attention_free": "False", "cpu_offload_gb": "0.0",
		},
	})
	info.Set(1)
	r.MustRegister(info)
}

func python(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
