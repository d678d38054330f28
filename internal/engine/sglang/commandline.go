package sglang

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// module is the server when it is started with python -m, which every version
// takes; "sglang serve" is newer.
const module = "sglang.launch_server"

func program() engine.Program {
	return engine.Program{Name: "sglang", Executable: "sglang", Subcommand: "serve", Module: module}
}

var errNoModel = errors.New("no model on the command line, write --model-path (a model that only a --config file names is not seen)")

// Parse reads an SGLang command line: "python -m sglang.launch_server
// --model-path MODEL ...", "sglang serve --model-path MODEL ...", either with a
// path or a wrapper before it, or only the arguments, as a container has them.
//
// Of the abbreviations that argparse takes it knows those people use (--tp,
// --dp): which others are unique depends on all flags of a version.
func (e Engine) Parse(args []string) (serving.EngineConfig, error) {
	rest, err := program().Arguments(args)
	if err != nil {
		return serving.EngineConfig{}, err
	}
	parsed, err := engine.ParseArguments(e.catalogue, rest)
	if err != nil {
		return serving.EngineConfig{}, fmt.Errorf("parse sglang command line: %w", err)
	}
	if len(parsed.Positionals) > 0 {
		return serving.EngineConfig{}, fmt.Errorf("parse sglang command line: unexpected argument %q", parsed.Positionals[0])
	}
	cfg := serving.EngineConfig{Engine: serving.SGLang, Flags: e.bareSwitches(parsed.Flags)}
	cfg.Model, _ = cfg.Get(flagModel)
	if cfg.Model == "" {
		return serving.EngineConfig{}, fmt.Errorf("parse sglang command line: %w", errNoModel)
	}
	cfg = cfg.Without(flagModel, "--host", "--port")
	if len(cfg.Flags) == 0 {
		cfg.Flags = nil
	}
	return cfg, nil
}

// CommandLine renders the configuration for python3 -m sglang.launch_server. An
// empty host or a port of 0 is left to the engine.
func (e Engine) CommandLine(cfg serving.EngineConfig, host string, port int) []string {
	out := []string{"python3", "-m", module}
	flags := append([]serving.Flag{{Name: flagModel, Value: cfg.Model}}, e.bareSwitches(cfg.Flags)...)
	if host != "" {
		flags = append(flags, serving.Flag{Name: "--host", Value: host})
	}
	if port != 0 {
		flags = append(flags, serving.Flag{Name: "--port", Value: strconv.Itoa(port)})
	}
	return append(out, engine.RenderFlags(e.catalogue, flags)...)
}

// bareSwitches gives switches the one form that SGLang reads: there or not
// there. It has no "--no-" forms and refuses "--x=true", so a switch that was
// written off is left away.
func (e Engine) bareSwitches(flags []serving.Flag) []serving.Flag {
	out := make([]serving.Flag, 0, len(flags))
	for _, f := range flags {
		if p, known := e.catalogue.Parameter(f.Name); known && p.Type == engine.Bool {
			if strings.EqualFold(f.Value, "false") {
				continue
			}
			f.Value, f.Joined = "", false
		}
		out = append(out, f)
	}
	return out
}
