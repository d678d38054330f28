package api

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// ConfigInput is a configuration as a person gives it: as flags or as the command
// line it is started with.
type ConfigInput struct {
	Config      *serving.EngineConfig `json:"config,omitempty" doc:"Engine, model and flags; or give command_line."`
	CommandLine string                `json:"command_line,omitempty" maxLength:"8192" doc:"The command the engine is started with." example:"vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16"`
}

// resolve gives the configuration its canonical form, so that two spellings of one
// configuration are the same configuration. kind is the engine where the input
// does not say.
func (s *Server) resolve(in ConfigInput, kind serving.EngineKind) (serving.EngineConfig, error) {
	switch {
	case in.Config != nil && in.CommandLine != "":
		return serving.EngineConfig{}, invalid("body.command_line", "config and command_line exclude each other", "give one of them")
	case in.Config != nil:
		return s.canonical(*in.Config, kind)
	case in.CommandLine != "":
		return s.parseCommand(in.CommandLine, kind)
	}
	return serving.EngineConfig{}, invalid("body.config", "is missing", "give config, or command_line")
}

func (s *Server) canonical(c serving.EngineConfig, kind serving.EngineKind) (serving.EngineConfig, error) {
	if c.Engine == "" {
		c.Engine = kind
	}
	e, err := s.deps.Engines.Engine(c.Engine)
	if err != nil {
		return c, invalid("body.config.engine", err.Error(), "")
	}
	if c.Model == "" {
		return c, invalid("body.config.model", "is missing", "name the model that the engine serves")
	}
	out, err := engine.Canonical(e, c)
	if err != nil {
		return c, invalid("body.config.flags", err.Error(), "")
	}
	return out, nil
}

func (s *Server) parseCommand(line string, kind serving.EngineKind) (serving.EngineConfig, error) {
	words, err := splitCommand(line)
	if err != nil {
		return serving.EngineConfig{}, invalid("body.command_line", err.Error(), "write it as in a shell")
	}
	if found, ok := engineOf(words); ok {
		kind = found
	}
	e, err := s.deps.Engines.Engine(kind)
	if err != nil {
		return serving.EngineConfig{}, invalid("body.command_line", err.Error(), "start it with the engine's program, for example vllm serve MODEL")
	}
	c, err := e.Parse(words)
	if err != nil {
		return c, invalid("body.command_line", err.Error(), "")
	}
	if c.Model == "" {
		return c, invalid("body.command_line", "names no model", "write it like vllm serve MODEL --max-num-seqs 64")
	}
	return c, nil
}

// checkConfig returns every constraint of the engine that a configuration breaks.
func (s *Server) checkConfig(c serving.EngineConfig, hw serving.Hardware) error {
	e, err := s.deps.Engines.Engine(c.Engine)
	if err != nil {
		return invalid("body.config.engine", err.Error(), "")
	}
	if list := append(secretProblems(c), fieldsOf(e.Validate(c, hw))...); len(list) > 0 {
		return invalidFields(list)
	}
	return nil
}

func fieldsOf(problems []engine.Problem) []FieldProblem {
	out := make([]FieldProblem, 0, len(problems))
	for _, p := range problems {
		out = append(out, FieldProblem{Field: "config.flags." + p.Flag, Message: p.Rule, Fix: p.Fix})
	}
	return out
}
