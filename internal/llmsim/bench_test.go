package llmsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// BenchmarkClosed is how many simulated requests of 500 and 250 tokens an engine
// with 128 clients serves in a second of wall time: "req/wall-s".
func BenchmarkClosed(b *testing.B) {
	for name, cfg := range engines() {
		b.Run(name, func(b *testing.B) {
			m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
			require.NoError(b, err)
			list := arrivals(1024, 500, 250, 100)
			b.ReportAllocs()
			served := 0
			for b.Loop() {
				c, err := llmsim.NewModelCore(m, 1)
				require.NoError(b, err)
				run, err := llmsim.Closed(c, 128, list)
				require.NoError(b, err)
				served += len(run.Outcomes)
			}
			b.ReportMetric(float64(served)/b.Elapsed().Seconds(), "req/wall-s")
		})
	}
}

func engines() map[string]serving.EngineConfig {
	lpm := serving.EngineConfig{Engine: serving.SGLang, Version: "0.5.15", Model: model8B}.With("--schedule-policy", "lpm")
	return map[string]serving.EngineConfig{
		"vllm":   {Engine: serving.VLLM, Version: "0.20.1", Model: model8B},
		"tgi":    {Engine: serving.TGI, Version: "3.3.7", Model: model8B},
		"sglang": lpm,
	}
}
