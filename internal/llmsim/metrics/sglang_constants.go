package metrics

import (
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// registerSGLangConstants exposes what is settled at the start.
func registerSGLangConstants(s series, m perfmodel.Model) {
	pages, free := m.KVBlocks(), 0.0
	if gpu, err := perfmodel.LookupGPU(m.Settings().GPU); err == nil { // a model has a GPU that is known
		free = gpu.MemoryBytes - m.WeightsBytes() - m.KVCacheBytes()
	}
	for _, c := range []struct {
		name, help string
		value      float64
	}{
		{"sglang:max_total_num_tokens", "Maximum total number of tokens in the KV cache pool.", float64(pages * m.BlockSize())},
		{"sglang:page_size", "KV cache page size in tokens.", float64(m.BlockSize())},
		{"sglang:num_pages", "Number of KV cache pages.", float64(pages)},
		{"sglang:context_len", "Maximum context length.", float64(m.Settings().MaxModelLen)},
		{"sglang:startup_available_gpu_memory_gb", "Available GPU memory in GB at startup.", free / (1 << 30)},
	} {
		s.gauge(c.name, c.help).Set(c.value)
	}
}

// SetStartup exposes how long the start took, in seconds.
func (g *SGLang) SetStartup(loadWeights, whole float64) {
	g.startup.WithLabelValues().Set(whole)
	g.loading.WithLabelValues().Set(loadWeights)
}
