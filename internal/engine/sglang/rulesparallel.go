package sglang

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// Divisions of ranks are asserted by ServerArgs.check_server_args and
// _handle_data_parallelism in python/sglang/srt/server_args.py.

// gpusSuffice: all ranks must find a GPU each, and tensor parallelism must divide
// the replica's GPUs, or some are paid for and idle. Data-parallel attention runs
// on the tensor-parallel GPUs. On several machines the hardware may state one
// machine's GPUs or all, so nothing is judged.
func gpusSuffice(l engine.Launch) []engine.Problem {
	tensor := l.NumberOr(flagTensor, 1)
	ranks := tensor * l.NumberOr(flagPipeline, 1)
	if !l.SwitchedOn(flagDPAttention) {
		ranks *= l.NumberOr(flagData, 1)
	}
	gpus := float64(l.GPUs())
	switch {
	case tensor < 1 || l.NumberOr(flagNodes, 1) > 1:
		return nil
	case ranks > gpus:
		return engine.Breaks(flagTensor, fmt.Sprintf("give the replica %.0f GPUs or use fewer ranks", ranks),
			"tensor x pipeline x data parallel size needs %.0f GPUs, the replica has %.0f", ranks, gpus)
	case !divides(tensor, gpus):
		return engine.Breaks(flagTensor, fmt.Sprintf("use a divisor of %.0f", gpus),
			"must divide the replica's GPUs: %.0f does not divide %.0f", tensor, gpus)
	}
	return nil
}

func nodesDivideRanks(l engine.Launch) []engine.Problem {
	nodes := l.NumberOr(flagNodes, 1)
	ranks := l.NumberOr(flagTensor, 1) * l.NumberOr(flagPipeline, 1)
	var out []engine.Problem
	if nodes >= 1 && !divides(nodes, ranks) {
		out = append(out, engine.Breaks(flagNodes, fmt.Sprintf("use a number of nodes that divides %.0f", ranks),
			"must divide tensor x pipeline parallel size: %.0f does not divide %.0f", nodes, ranks)...)
	}
	if nodes > 1 && l.NumberOr(flagData, 1) > 1 && !l.SwitchedOn(flagDPAttention) {
		out = append(out, engine.Breaks(flagData, "add "+flagDPAttention+", or run a replica on each node behind the router",
			"data parallelism over %.0f nodes needs %s", nodes, flagDPAttention)...)
	}
	return out
}

// attentionDividesTensor: each data-parallel group gets the same number of the
// tensor-parallel GPUs.
func attentionDividesTensor(l engine.Launch) []engine.Problem {
	if !l.SwitchedOn(flagDPAttention) {
		return nil
	}
	tensor, data := l.NumberOr(flagTensor, 1), l.NumberOr(flagData, 1)
	switch {
	case data == 1:
		return engine.Breaks(flagDPAttention, fmt.Sprintf("set %s to 2 or more, up to %s", flagData, flagTensor),
			"needs a %s above 1", flagData)
	case !divides(data, tensor):
		return engine.Breaks(flagData, fmt.Sprintf("use a divisor of %.0f", tensor),
			"must divide %s with %s: %.0f does not divide %.0f", flagTensor, flagDPAttention, data, tensor)
	}
	return nil
}

func expertsDivideTensor(l engine.Launch) []engine.Problem {
	experts, tensor := l.NumberOr(flagExpert, 1), l.NumberOr(flagTensor, 1)
	if divides(experts, tensor) {
		return nil
	}
	return engine.Breaks(flagExpert, fmt.Sprintf("use a divisor of %.0f, best %.0f itself", tensor, tensor),
		"must divide %s: %.0f does not divide %.0f", flagTensor, experts, tensor)
}

func balanceHasTokens(l engine.Launch) []engine.Problem {
	if l.Text(flagBalance) != "total_tokens" || l.SwitchedOn(flagDPAttention) {
		return nil
	}
	return engine.Breaks(flagBalance, "use auto or total_requests, or add "+flagDPAttention, "total_tokens works only with %s", flagDPAttention)
}

// pipelineStandsAlone: asserted in check_server_args. Prefill servers of a
// disaggregated pair are the exception for speculation.
func pipelineStandsAlone(l engine.Launch) []engine.Problem {
	if l.NumberOr(flagPipeline, 1) <= 1 {
		return nil
	}
	var out []engine.Problem
	if l.SwitchedOn(flagMixedChunk) {
		out = append(out, engine.Breaks(flagMixedChunk, "remove it or use "+flagTensor+" instead of "+flagPipeline,
			"does not work with pipeline parallelism")...)
	}
	if l.Text(flagAlgorithm) != "" && l.Text(flagDisaggregation) != "prefill" {
		out = append(out, engine.Breaks(flagAlgorithm, "remove it or use "+flagTensor+" instead of "+flagPipeline,
			"does not work with pipeline parallelism")...)
	}
	return out
}

// divides is true for what is out of range, which Check has reported.
func divides(part, whole float64) bool {
	return part < 1 || whole < 1 || int(whole)%int(part) == 0
}
