package program

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// sglangServer is SGLang's HTTP server with its scheduler.
type sglangServer struct{}

func (sglangServer) kind() serving.EngineKind { return serving.SGLang }
func (sglangServer) version() string          { return "0.5.15" }

// warmup: the server listens, answers 503 to health checks, and sends itself a
// request before it is ready.
func (sglangServer) warmup() float64 { return 0.1 }

func (sglangServer) address() address {
	return address{hostFlag: "--host", portFlags: []string{"--port"}, host: "127.0.0.1", port: 30000}
}

// equip registers the engine's metrics. Without --enable-metrics there is no
// page.
func (sglangServer) equip(out *outfit) {
	served, m := out.config.ServedNames[0], out.model
	engine := metrics.NewSGLang(out.registry, served, m, out.options.number("--decode-log-interval", 40), os.Getpid())
	engine.SetStartup(out.options.Startup.Seconds(), out.options.Startup.Seconds())
	out.observer, out.traffic = engine, metrics.NewSGLangTraffic(out.registry, served)
	if !out.options.on("--enable-metrics") {
		out.page = nil
	}
	out.config.SGLang = api.SGLangInfo{
		Arguments: arguments(out.options, m), MaxRunningRequests: m.Settings().MaxNumSeqs,
		TokenCapacity: m.KVBlocks() * m.BlockSize(), WeightGB: m.WeightsBytes() / (1 << 30), CacheGB: m.KVCacheBytes() / (1 << 30),
	}
}

// arguments are the server's arguments under their names in Python: what the
// simulation resolves and, in its place, what the command line says.
func arguments(o Options, m perfmodel.Model) map[string]any {
	s := m.Settings()
	out := map[string]any{
		"host": o.Host, "port": o.Port, "context_length": nil, "tp_size": s.TensorParallel, "dp_size": 1, "pp_size": 1,
		"max_running_requests": nil, "max_total_tokens": nil, "mem_fraction_static": s.GPUMemoryUtilization,
		"chunked_prefill_size": s.MaxNumBatchedTokens, "page_size": m.BlockSize(), "kv_cache_dtype": "auto", "quantization": nil,
		"disable_radix_cache": !s.PrefixCaching, "schedule_policy": "fcfs", "schedule_conservativeness": 1.0,
		"disable_cuda_graph": s.Eager, "cuda_graph_max_bs": s.GraphMax, "enable_metrics": false, "decode_log_interval": 40,
	}
	for _, f := range o.Config.Flags {
		out[strings.ReplaceAll(strings.TrimPrefix(f.Name, "--"), "-", "_")] = typed(f.Value)
	}
	return out
}

// typed is the value of an argument as argparse reads it.
func typed(value string) any {
	if n, err := strconv.Atoi(value); err == nil {
		return n
	}
	if x, err := strconv.ParseFloat(value, 64); err == nil {
		return x
	}
	switch value {
	case "", "true":
		return true
	case "false":
		return false
	}
	return value
}

func (sglangServer) announce(log *slog.Logger, m perfmodel.Model) {
	s := m.Settings()
	log.Info(fmt.Sprintf("Load weight end. type=simulated, mem usage=%.2f GB.", m.WeightsBytes()/(1<<30)))
	log.Info(fmt.Sprintf("KV Cache is allocated. #tokens: %d, KV size: %.2f GB", m.KVBlocks()*m.BlockSize(), m.KVCacheBytes()/(1<<30)))
	log.Info(fmt.Sprintf("max_total_num_tokens=%d, chunked_prefill_size=%d, max_running_requests=%d, context_len=%d",
		m.KVBlocks()*m.BlockSize(), s.MaxNumBatchedTokens, s.MaxNumSeqs, s.MaxModelLen))
}

func (sglangServer) refusal(err error) string {
	if errors.Is(err, errFlags) {
		return fmt.Sprintf("Traceback (most recent call last):\nAssertionError: %v", err)
	}
	return fmt.Sprintf("Scheduler hit an exception: Traceback (most recent call last):\nRuntimeError: %v\nReceived sigquit from a child process. It usually means the child failed.", err)
}
