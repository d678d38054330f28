package program

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// vllmServer is vLLM's API server.
type vllmServer struct{}

func (vllmServer) kind() serving.EngineKind { return serving.VLLM }
func (vllmServer) version() string          { return "0.20.1" }
func (vllmServer) warmup() float64          { return 0 }

func (vllmServer) address() address {
	return address{hostFlag: "--host", portFlags: []string{"--port"}, host: "0.0.0.0", port: 8000}
}

// equip registers the engine's metrics. With --disable-log-stats they exist but
// are not exposed.
func (vllmServer) equip(out *outfit) {
	shown := out.registry
	if out.options.on("--disable-log-stats") {
		shown = prometheus.NewRegistry()
	}
	dtype := out.options.text("--kv-cache-dtype")
	if dtype == "" {
		dtype = "auto"
	}
	metrics.RegisterVLLMCacheConfig(shown, out.model, dtype)
	out.observer = metrics.NewVLLM(shown, out.config.ServedNames[0], out.config.MaxModelLen)
	out.traffic = metrics.NewVLLMTraffic(out.registry)
	out.page.TellsCreation(time.Now())
}

func (vllmServer) announce(log *slog.Logger, m perfmodel.Model) {
	s, tokens := m.Settings(), m.KVBlocks()*m.BlockSize()
	log.Info(fmt.Sprintf("Model loading took %.2f GiB memory", m.WeightsBytes()/(1<<30)))
	log.Info(fmt.Sprintf("GPU KV cache size: %d tokens", tokens))
	log.Info(fmt.Sprintf("Maximum concurrency for %d tokens per request: %.2fx", s.MaxModelLen, float64(tokens)/float64(s.MaxModelLen)))
	if s.ChunkedPrefill {
		log.Info(fmt.Sprintf("Chunked prefill is enabled with max_num_batched_tokens=%d", s.MaxNumBatchedTokens))
	}
}

func (vllmServer) refusal(err error) string {
	return fmt.Sprintf("ValueError: %v\nRuntimeError: Engine core initialization failed. See root cause above.", err)
}
