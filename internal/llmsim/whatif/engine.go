package whatif

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// model lays out the engine of a command line, or refuses in its words. unknown
// are flags that have no effect.
func (o *Options) model(engines engine.Registry) (cfg serving.EngineConfig, m perfmodel.Model, unknown []string, err error) {
	kind := kindOf(o.Command)
	e, err := engines.Engine(kind)
	if err != nil {
		return cfg, m, nil, err
	}
	if cfg, err = e.Parse(o.Command); err != nil {
		return cfg, m, nil, fmt.Errorf("engine's command line: %w", err)
	}
	if cfg.Version = o.Version; cfg.Version == "" && kind == serving.VLLM {
		cfg.Version = calibrated
	}
	if o.Hardware.GPUs == 0 {
		o.Hardware.GPUs = gpusNeeded(cfg)
	}
	if problems := e.Validate(cfg, o.Hardware); len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.Error()
		}
		return cfg, m, nil, fmt.Errorf("the engine would not start: %s", strings.Join(lines, "; "))
	}
	if m, err = perfmodel.New(cfg, o.Hardware); err != nil {
		return cfg, m, nil, err
	}
	return cfg, m, e.Catalogue().Unknown(cfg), nil
}

// kindOf tells the engine from its command.
func kindOf(command []string) serving.EngineKind {
	words := strings.Join(command[:min(4, len(command))], " ")
	switch {
	case strings.Contains(words, "sglang"):
		return serving.SGLang
	case strings.Contains(words, "text-generation"):
		return serving.TGI
	}
	return serving.VLLM
}

// gpusNeeded multiplies the parallel sizes that the flags ask for; a value that
// is no number is left to the engine's own refusal.
func gpusNeeded(cfg serving.EngineConfig) int {
	n := 1
	for _, flag := range []string{"--tensor-parallel-size", "--pipeline-parallel-size", "--data-parallel-size", "--tp-size", "--num-shard"} {
		if text, set := cfg.Get(flag); set {
			if v, err := strconv.Atoi(text); err == nil && v > 1 {
				n *= v
			}
		}
	}
	return n
}
