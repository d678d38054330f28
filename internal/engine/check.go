package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Check lists what is wrong with the parameters of a configuration each on its
// own: values outside their range, and parameters that the stated version does
// not have. What ties parameters together is the business of the engine.
func (c Catalogue) Check(cfg serving.EngineConfig) []Problem {
	var out []Problem
	version, stated := ParseVersion(cfg.Version)
	for _, f := range cfg.Flags {
		p, known := c.Parameter(f.Name)
		if !known {
			continue
		}
		if problem, bad := p.checkValue(f.Value); bad {
			out = append(out, problem)
		}
		if problem, bad := p.checkVersion(version); stated && bad {
			out = append(out, problem)
		}
	}
	return out
}

func (p Parameter) checkValue(value string) (Problem, bool) {
	words := []string{value}
	if p.Multiple {
		words = splitWords(value)
	}
	for _, w := range words {
		if text, bad := p.checkWord(w); bad {
			return text, true
		}
	}
	return Problem{}, false
}

func (p Parameter) checkWord(value string) (Problem, bool) {
	switch p.Type {
	case Bool:
		if value != "" && !isBoolWord(value) {
			return p.problem("is %q", value, "write it without a value, or false to switch it off")
		}
	case Enum:
		if !slices.Contains(p.Enum, value) {
			return p.problem("is %q", value, "use one of "+strings.Join(p.Enum, ", "))
		}
	case String:
		if value == "" {
			return p.problem("has the value %q", value, "give a value or remove the flag")
		}
	case Int, Float:
		return p.checkNumber(value)
	}
	return Problem{}, false
}

func (p Parameter) checkNumber(value string) (Problem, bool) {
	if slices.Contains(p.Enum, value) {
		return Problem{}, false
	}
	number, ok := p.Number(value)
	if !ok {
		return p.problem("is %q, which is no "+map[ParameterType]string{Int: "whole number", Float: "number"}[p.Type], value, "use "+p.Range())
	}
	if low, bounded := p.Min.Get(); bounded && (number < low || p.MinExclusive && number == low) {
		return p.problem("is %q, below its range", value, "use "+p.Range())
	}
	if high, bounded := p.Max.Get(); bounded && (number > high || p.MaxExclusive && number == high) {
		return p.problem("is %q, above its range", value, "use "+p.Range())
	}
	return Problem{}, false
}

func (p Parameter) problem(rule, value, fix string) (Problem, bool) {
	return Problem{Flag: p.Flag, Rule: fmt.Sprintf(rule, value), Fix: fix}, true
}

func (p Parameter) checkVersion(version Version) (Problem, bool) {
	if since, ok := ParseVersion(p.Since); ok && version.Before(since) {
		return Problem{Flag: p.Flag, Rule: "does not exist before version " + p.Since, Fix: "remove it or upgrade the engine"}, true
	}
	if removed, ok := ParseVersion(p.Removed); ok && !version.Before(removed) {
		return Problem{Flag: p.Flag, Rule: "was removed in version " + p.Removed, Fix: "remove it: " + p.Description}, true
	}
	return Problem{}, false
}

// Number is the value of an Int or Float as the engine reads it, with the
// parameter's suffixes. ok is false for anything else, words like "auto" too.
func (p Parameter) Number(value string) (number float64, ok bool) {
	scale := 1.0
	if p.Suffixes && value != "" {
		if s, has := suffixScale(value[len(value)-1]); has {
			value, scale = value[:len(value)-1], s
		}
	}
	if p.Type == Int && scale == 1 {
		n, err := strconv.ParseInt(value, 10, 64)
		return float64(n), err == nil
	}
	n, err := strconv.ParseFloat(value, 64)
	number = n * scale
	if err != nil || !serving.Known(number).IsKnown() || p.Type == Int && number != float64(int64(number)) {
		return 0, false
	}
	return number, true
}

func suffixScale(suffix byte) (float64, bool) {
	const upper, lower = "KMGT", "kmgt"
	if i := strings.IndexByte(upper, suffix); i >= 0 {
		return float64(int64(1) << (10 * (i + 1))), true
	}
	if i := strings.IndexByte(lower, suffix); i >= 0 {
		return []float64{1e3, 1e6, 1e9, 1e12}[i], true
	}
	return 0, false
}

// Range is what a number may be, for people: "more than 0 and at most 1".
func (p Parameter) Range() string {
	low, high := "", ""
	if v, ok := p.Min.Get(); ok {
		low = "at least " + strconv.FormatFloat(v, 'g', -1, 64)
		if p.MinExclusive {
			low = "more than " + strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	if v, ok := p.Max.Get(); ok {
		high = "at most " + strconv.FormatFloat(v, 'g', -1, 64)
		if p.MaxExclusive {
			high = "less than " + strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	bounds := slices.DeleteFunc([]string{low, high}, func(s string) bool { return s == "" })
	if len(bounds) == 0 {
		bounds = []string{"a number"}
	}
	return strings.Join(append([]string{strings.Join(bounds, " and ")}, p.Enum...), " or ")
}
