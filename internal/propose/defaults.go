package propose

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Defaults is the engine's own configuration for the fleet's model, which every
// run measures: a tuned configuration that cannot beat it should not be kept.
// Flags that say what is served and on what stay (model, context length, names,
// parallelism); flags that only set speed are dropped.
func Defaults(fleet serving.Fleet) serving.Candidate {
	tuning := tuningFlags(fleet.Config.Engine)
	cfg := fleet.Config
	cfg.Flags = slices.DeleteFunc(slices.Clone(cfg.Flags), func(f serving.Flag) bool {
		return slices.Contains(tuning, f.Name)
	})
	return serving.Candidate{Name: "defaults", Config: cfg, Risk: defaultsRisk(fleet.Config)}
}

// defaultsRisk is numerics where dropping a flag changes the arithmetic.
func defaultsRisk(cfg serving.EngineConfig) serving.RiskClass {
	for _, flag := range []string{flagQuantization, flagKVType, "--quantize"} {
		if _, set := cfg.Get(flag); set {
			return serving.RiskNumerics
		}
	}
	return serving.RiskCheap
}

// tuningFlags are the launch options of an engine that set its speed and not
// what it serves. Tensor parallelism is not among them: the model may need it.
func tuningFlags(kind serving.EngineKind) []string {
	switch kind {
	case serving.VLLM:
		return []string{
			flagEager, "--compilation-config", "--cudagraph-capture-sizes", "--max-cudagraph-capture-size", "--optimization-level", "--performance-mode",
			flagSlots, flagBudget, flagChunked, flagNoChunked, flagAsync, flagNoAsync, "--long-prefill-token-threshold", "--scheduling-policy",
			flagUtilization, flagKVBytes, flagKVType, "--block-size", flagPrefix, flagNoPrefix, "--watermark", "--swap-space",
			flagQuantization, "--speculative-config", "--stream-interval", "--num-scheduler-steps", "--scheduler-delay-factor",
		}
	case serving.TGI:
		return []string{
			"--quantize", "--kv-cache-dtype", "--max-concurrent-requests", "--max-batch-prefill-tokens", "--max-batch-total-tokens",
			"--max-waiting-tokens", "--waiting-served-ratio", "--max-batch-size", "--cuda-graphs", "--cuda-memory-fraction", "--speculate",
		}
	case serving.SGLang:
		return []string{
			"--mem-fraction-static", "--max-running-requests", "--max-total-tokens", "--chunked-prefill-size", "--max-prefill-tokens",
			"--schedule-policy", "--schedule-conservativeness", "--disable-cuda-graph", "--cuda-graph-max-bs", "--disable-radix-cache",
			"--disable-overlap-schedule", flagKVType, flagQuantization, "--enable-torch-compile", "--enable-mixed-chunk",
			"--num-continuous-decode-steps", "--page-size", "--speculative-algorithm",
		}
	}
	return nil
}
