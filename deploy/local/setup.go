package main

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// setup is an engine with the starts that the scenarios give it.
type setup struct {
	engine  serving.EngineKind
	program []string // of the command line, up to the model
	// mistuned is a fleet as one meets it: started once with flags from a
	// debugging session and never looked at again.
	mistuned []string
	// defaults are the flags without which the agent would be blind.
	defaults []string
	// tuned is what the agent itself arrives at for this model and card.
	tuned []string
}

func setups() map[serving.EngineKind]setup {
	out := map[serving.EngineKind]setup{}
	for _, u := range []setup{{
		engine: serving.VLLM, program: []string{"vllm", "serve", model},
		mistuned: []string{"--enforce-eager", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.5",
			"--no-enable-prefix-caching", "--max-num-batched-tokens", "2048"},
		tuned: []string{"--quantization", "fp8", "--kv-cache-dtype", "fp8", "--gpu-memory-utilization", "0.95"},
	}, {
		engine: serving.TGI, program: []string{"text-generation-launcher", "--model-id", model},
		mistuned: []string{"--cuda-graphs", "0", "--cuda-memory-fraction", "0.22", "--max-batch-prefill-tokens", "1024", "--max-total-tokens", "4096"},
		tuned:    []string{"--quantize", "fp8", "--kv-cache-dtype", "fp8_e5m2"},
	}, {
		engine: serving.SGLang, program: []string{"python3", "-m", "sglang.launch_server", "--model-path", model},
		mistuned: []string{"--enable-metrics", "--disable-cuda-graph", "--max-running-requests", "16", "--mem-fraction-static", "0.4",
			"--disable-radix-cache", "--chunked-prefill-size", "2048"},
		defaults: []string{"--enable-metrics"},
		tuned:    []string{"--enable-metrics", "--quantization", "fp8", "--kv-cache-dtype", "fp8_e4m3", "--mem-fraction-static", "0.92"},
	}} {
		out[u.engine] = u
	}
	return out
}

// command is the command line with the given flags.
func (u setup) command(flags []string) []string {
	return append(append([]string{}, u.program...), flags...)
}

func (u setup) config(flags []string) (serving.EngineConfig, error) {
	e, err := known.Engines().Engine(u.engine)
	if err != nil {
		return serving.EngineConfig{}, err
	}
	config, err := e.Parse(u.command(flags))
	if err != nil {
		return serving.EngineConfig{}, fmt.Errorf("flags of the scenario: %w", err)
	}
	return config, nil
}
