package sglang

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
)

func prioritiesAgree(l engine.Launch) []engine.Problem {
	on := l.SwitchedOn(flagPriority)
	policy, set := l.Config.Get(flagPolicy)
	var out []engine.Problem
	if on && set && policy != "fcfs" && policy != "lof" {
		out = append(out, engine.Breaks(flagPolicy, "use fcfs or lof", "%s needs the policy fcfs or lof, it is %s", flagPriority, policy)...)
	}
	if !on && l.Text(flagRetraction) == "priority" {
		out = append(out, engine.Breaks(flagRetraction, "add "+flagPriority+" or use length", "priority needs %s", flagPriority)...)
	}
	return out
}

// slotsForEveryRank: with data-parallel attention the running requests are
// divided among the groups, and none of them may get zero.
func slotsForEveryRank(l engine.Launch) []engine.Problem {
	slots, set := l.Number(flagMaxRunning)
	groups := l.NumberOr(flagData, 1)
	if !set || !l.SwitchedOn(flagDPAttention) || slots < 1 || slots >= groups {
		return nil
	}
	return engine.Breaks(flagMaxRunning, fmt.Sprintf("use at least %.0f", groups),
		"is divided among %.0f data-parallel groups: %.0f leaves some without a request", groups, slots)
}

// graphNamedOnce: the names of before and after 0.5.14 write to one setting.
func graphNamedOnce(l engine.Launch) []engine.Problem {
	var out []engine.Problem
	for _, names := range [][2]string{
		{"--cuda-graph-max-bs", "--cuda-graph-max-bs-decode"}, {"--cuda-graph-bs", "--cuda-graph-bs-decode"},
		{"--disable-cuda-graph", "--cuda-graph-backend-decode"}, {"--disable-piecewise-cuda-graph", "--cuda-graph-backend-prefill"},
	} {
		_, former := l.Config.Get(names[0])
		_, present := l.Config.Get(names[1])
		if former && present {
			out = append(out, engine.Breaks(names[0], "keep "+names[1]+" from 0.5.14, "+names[0]+" before", "is the former name of %s, and both are given", names[1])...)
		}
	}
	return out
}

func compiledWithPadding(l engine.Launch) []engine.Problem {
	if !l.SwitchedOn(flagCompile) || !l.SwitchedOn(flagNoPadding) {
		return nil
	}
	return engine.Breaks(flagCompile, "remove one of the two", "does not work with %s", flagNoPadding)
}
