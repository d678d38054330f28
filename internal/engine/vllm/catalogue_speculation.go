package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// speculationParameters let a cheap draft propose tokens that one step checks.
func speculationParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagSpeculative, Type: engine.String, Default: "none",
			Risk: serving.RiskNumerics, Family: serving.FamilySpeculation, Since: "0.8.5", Source: srcSpec,
			Description: "Speculative decoding as JSON: method, num_speculative_tokens and, by method, a draft model or a look-up window. Shortens the time between tokens at low and medium load and costs throughput at high load.",
		},
	}
}

// serverParameters concern the process in front of the engine.
func serverParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: "--api-server-count", Aliases: []string{"-asc"}, Type: engine.Int, Default: "1", Min: atLeast(1), Unit: "processes",
			Risk: serving.RiskCheap, Family: serving.FamilyBatching, Since: "0.10.0", Source: "vllm/entrypoints/openai/cli_args.py",
			Description: "Front-end processes, for hosts whose one process is the limit. With more than one the metrics page has no process start time, so a restart shows only in counters that fall.",
		},
		{
			Flag: "--disable-log-stats", Type: engine.Bool, Default: "off",
			Risk: serving.RiskCapabilityCut, Source: srcArgs,
			Description: "Removes all of vLLM's own metrics: the agent is blind. Never proposed.",
		},
		{
			Flag: "--trust-remote-code", Type: engine.Bool, Default: "off",
			Risk: serving.RiskCapabilityCut, Source: srcModel,
			Description: "Runs code that comes with the checkpoint. Never proposed.",
		},
	}
}
