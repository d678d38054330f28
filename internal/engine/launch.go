package engine

import (
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Launch is a configuration on its hardware, as the rules of an engine ask about
// it.
type Launch struct {
	Catalogue Catalogue
	Config    serving.EngineConfig
	Hardware  serving.Hardware
}

// Rule lists the problems of a launch that one constraint sees.
type Rule func(Launch) []Problem

// Problems checks each parameter on its own and then what the rules tie to each
// other and to the hardware.
func (l Launch) Problems(rules ...Rule) []Problem {
	problems := l.Catalogue.Check(l.Config)
	for _, rule := range rules {
		problems = append(problems, rule(l)...)
	}
	return problems
}

// Text is the value of a flag, "" when it is not set.
func (l Launch) Text(flag string) string {
	value, _ := l.Config.Get(flag)
	return value
}

// Number is the value of a numeric flag; ok is false when it is not set or is
// not a number, which Check reports.
func (l Launch) Number(flag string) (number float64, ok bool) {
	value, set := l.Config.Get(flag)
	p, known := l.Catalogue.Parameter(flag)
	if !set || !known {
		return 0, false
	}
	return p.Number(value)
}

// NumberOr is Number with a fallback.
func (l Launch) NumberOr(flag string, fallback float64) float64 {
	if n, ok := l.Number(flag); ok {
		return n
	}
	return fallback
}

// SwitchedOff is true only where the flag says so; defaults depend on the model.
func (l Launch) SwitchedOff(flag string) bool {
	value, set := l.Config.Get(flag)
	return set && strings.EqualFold(value, "false")
}

// SwitchedOn is true only where the flag says so.
func (l Launch) SwitchedOn(flag string) bool {
	value, set := l.Config.Get(flag)
	return set && !strings.EqualFold(value, "false")
}

// GPUs of the replica, at least 1.
func (l Launch) GPUs() int { return max(l.Hardware.GPUs, 1) }

// Breaks is the one problem of a rule that a launch breaks.
func Breaks(flag, fix, rule string, args ...any) []Problem {
	return []Problem{{Flag: flag, Rule: fmt.Sprintf(rule, args...), Fix: fix}}
}
