package vllm

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Validate checks each parameter on its own and then what ties them to each
// other and to the hardware. A rule that needs a value which only the model's
// own configuration states (its context length, its attention heads) is judged
// only where a flag states it.
func (e Engine) Validate(cfg serving.EngineConfig, hw serving.Hardware) []engine.Problem {
	problems := e.catalogue.Check(cfg)
	planned := launch{catalogue: e.catalogue, cfg: cfg, hardware: hw}
	for _, rule := range []func(launch) []engine.Problem{
		requestsFitBudget, promptFitsBudget, chunkFitsModel, gpusSuffice,
		speculationFitsScheduling, weightsFitGPU, kvTypeFitsGPU,
	} {
		problems = append(problems, rule(planned)...)
	}
	return problems
}

// launch is a configuration on its hardware, as the rules ask about it.
type launch struct {
	catalogue engine.Catalogue
	cfg       serving.EngineConfig
	hardware  serving.Hardware
}

// number is the value of a numeric flag; ok is false when it is not set or is
// not a number, which Check has reported.
func (l launch) number(flag string) (float64, bool) {
	value, set := l.cfg.Get(flag)
	p, known := l.catalogue.Parameter(flag)
	if !set || !known {
		return 0, false
	}
	return p.Number(value)
}

func (l launch) numberOr(flag string, fallback float64) float64 {
	if n, ok := l.number(flag); ok {
		return n
	}
	return fallback
}

// switchedOff is true only where the flag says so; defaults depend on the model.
func (l launch) switchedOff(flag string) bool {
	value, set := l.cfg.Get(flag)
	return set && strings.EqualFold(value, "false")
}

func (l launch) switchedOn(flag string) bool {
	value, set := l.cfg.Get(flag)
	return set && !strings.EqualFold(value, "false")
}

func (l launch) gpus() int { return max(l.hardware.GPUs, 1) }

func problem(flag, fix, rule string, args ...any) []engine.Problem {
	return []engine.Problem{{Flag: flag, Rule: fmt.Sprintf(rule, args...), Fix: fix}}
}
