package program

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// Program is one simulated engine that has not started.
type Program struct {
	options Options
	model   perfmodel.Model
	loop    *realtime.Loop
	api     *api.Server
	log     *slog.Logger
}

// New lays out the engine, or refuses as vLLM would refuse to start.
func New(o Options, log *slog.Logger) (*Program, error) {
	if problems := vllm.New().Validate(o.Config, o.Hardware); len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.Error()
		}
		return nil, fmt.Errorf("ValueError: %s", strings.Join(lines, "; "))
	}
	model, err := perfmodel.New(o.Config, o.Hardware)
	if err != nil {
		return nil, fmt.Errorf("ValueError: %w", err)
	}
	core, err := llmsim.NewModelCore(model, o.Seed)
	if err != nil {
		return nil, fmt.Errorf("ValueError: %w", err)
	}
	registry := prometheus.NewRegistry()
	loop := realtime.New(core, observer(registry, o, model))
	server := api.New(api.Config{
		Model: o.Config.Model, ServedNames: o.servedNames(), Version: version,
		MaxModelLen: model.Settings().MaxModelLen, StreamInterval: o.streamInterval(), Seed: o.Seed,
	}, loop, registry)
	return &Program{options: o, model: model, loop: loop, api: server, log: log}, nil
}

// observer registers the engine's metrics. With --disable-log-stats they exist
// but are not exposed.
func observer(r *prometheus.Registry, o Options, m perfmodel.Model) *metrics.Engine {
	if v, set := o.Config.Get("--disable-log-stats"); set && v != "false" {
		r = prometheus.NewRegistry()
	}
	dtype, set := o.Config.Get("--kv-cache-dtype")
	if !set {
		dtype = "auto"
	}
	metrics.RegisterCacheConfig(r, m, dtype)
	return metrics.NewEngine(r, o.servedNames()[0], m.Settings().MaxModelLen)
}

// announce logs what vLLM logs at its start, after saying what this is.
func (p *Program) announce() {
	s := p.model.Settings()
	tokens := p.model.KVBlocks() * p.model.BlockSize()
	p.log.Warn("SIMULATED engine: no GPU is used, timings are predictions of a model",
		"gpu", s.GPU, "gpus", max(p.options.Hardware.GPUs, 1), "vllm", version)
	for _, flag := range p.options.Unknown {
		p.log.Warn("flag is not modelled and has no effect", "flag", flag)
	}
	p.log.Info(fmt.Sprintf("Model loading took %.2f GiB memory", p.model.WeightsBytes()/(1<<30)))
	p.log.Info(fmt.Sprintf("GPU KV cache size: %d tokens", tokens))
	p.log.Info(fmt.Sprintf("Maximum concurrency for %d tokens per request: %.2fx", s.MaxModelLen, float64(tokens)/float64(s.MaxModelLen)))
	if s.ChunkedPrefill {
		p.log.Info(fmt.Sprintf("Chunked prefill is enabled with max_num_batched_tokens=%d", s.MaxNumBatchedTokens))
	}
}
