package program

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// tgiServer is TGI's launcher with its router and shards.
type tgiServer struct{}

func (tgiServer) kind() serving.EngineKind { return serving.TGI }
func (tgiServer) version() string          { return "3.3.7" }
func (tgiServer) warmup() float64          { return 0 }

func (tgiServer) address() address {
	return address{hostFlag: "--hostname", portFlags: []string{"--port", "-p"}, host: "0.0.0.0", port: 3000}
}

func (tgiServer) equip(out *outfit) {
	o, limits, total := out.options, out.model.Settings().TGI, out.config.MaxModelLen
	out.config.TGI = api.TGILimits{
		MaxConcurrentRequests: limits.MaxConcurrentRequests, MaxInputTokens: limits.MaxInputTokens, MaxTotalTokens: total,
		MaxBestOf: o.number("--max-best-of", 2), MaxStopSequences: o.number("--max-stop-sequences", 4),
		ValidationWorkers: o.number("--validation-workers", 2), MaxClientBatchSize: o.number("--max-client-batch-size", 4),
	}
	input := out.config.TGI.MaxInputTokens
	out.observer = metrics.NewTGI(out.registry, input, total)
	out.traffic = metrics.NewTGITraffic(out.registry, input, total)
}

func (tgiServer) announce(log *slog.Logger, m perfmodel.Model) {
	s := m.Settings()
	log.Info(fmt.Sprintf("Default `max_batch_prefill_tokens` to %d", s.MaxNumBatchedTokens))
	log.Info(fmt.Sprintf("Setting max batch total tokens to %d", m.KVBlocks()*m.BlockSize()))
	log.Info(fmt.Sprintf("Using config Some(%s)", s.GPU))
}

func (tgiServer) refusal(err error) string {
	if errors.Is(err, errFlags) {
		return fmt.Sprintf("Error: ArgumentValidation(%q)", err.Error())
	}
	return fmt.Sprintf("ERROR text_generation_launcher: Error when initializing model\nRuntimeError: %v\nError: ShardCannotStart", err)
}
