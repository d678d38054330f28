package vllm

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// program is the server: "vllm serve", or its module with python -m.
func program() engine.Program {
	return engine.Program{Name: "vllm", Executable: "vllm", Subcommand: "serve", Module: "vllm.entrypoints.openai.api_server"}
}

var errNoModel = errors.New(`no model on the command line, write it right after "vllm serve"`)

// Parse reads a vLLM command line: "vllm serve MODEL ...", with or without a
// path or a wrapper before it, "python -m vllm.entrypoints.openai.api_server
// --model MODEL ...", or only the arguments, as a container has them.
func (e Engine) Parse(args []string) (serving.EngineConfig, error) {
	rest, err := program().Arguments(args)
	if err != nil {
		return serving.EngineConfig{}, err
	}
	parsed, err := engine.ParseArguments(e.catalogue, rest)
	if err != nil {
		return serving.EngineConfig{}, fmt.Errorf("parse vllm command line: %w", err)
	}
	cfg := serving.EngineConfig{Engine: serving.VLLM, Flags: parsed.Flags}
	// vLLM lets the positional model win over --model.
	cfg.Model, _ = cfg.Get("--model")
	cfg = cfg.Without("--model", "--host", "--port")
	switch len(parsed.Positionals) {
	case 0:
	case 1:
		cfg.Model = parsed.Positionals[0]
	default:
		return serving.EngineConfig{}, fmt.Errorf("parse vllm command line: unexpected argument %q", parsed.Positionals[1])
	}
	if cfg.Model == "" {
		return serving.EngineConfig{}, fmt.Errorf("parse vllm command line: %w", errNoModel)
	}
	if len(cfg.Flags) == 0 {
		cfg.Flags = nil
	}
	return cfg, nil
}

// CommandLine renders the configuration for "vllm serve". An empty host or a
// port of 0 is left to the engine.
func (e Engine) CommandLine(cfg serving.EngineConfig, host string, port int) []string {
	out := []string{"vllm", "serve", cfg.Model}
	out = append(out, engine.RenderFlags(e.catalogue, cfg.Flags)...)
	if host != "" {
		out = append(out, "--host", host)
	}
	if port != 0 {
		out = append(out, "--port", strconv.Itoa(port))
	}
	return out
}
