package vllm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// requestsFitBudget: each running request needs one token of a step's budget, so
// vLLM refuses max_num_batched_tokens < max_num_seqs. A defaulted max_num_seqs
// is capped to the budget; a defaulted budget is not raised.
func requestsFitBudget(l engine.Launch) []engine.Problem {
	seqs, set := l.Number(flagMaxSeqs)
	if !set {
		return nil
	}
	budget, given := l.Number(flagBatchedTokens)
	if given && budget < seqs {
		return engine.Breaks(flagBatchedTokens, fmt.Sprintf("raise it to %.0f or lower %s", seqs, flagMaxSeqs),
			"must be at least %s: %.0f < %.0f", flagMaxSeqs, budget, seqs)
	}
	if given || l.SwitchedOff(flagChunkedPrefill) {
		return nil // without chunking the defaulted budget grows to the context length
	}
	budget, known := defaultBatchedTokens(l.Hardware.GPU)
	if mode, _ := l.Config.Get(flagPerformanceMode); mode == "throughput" {
		budget *= 2
	}
	if known && budget < seqs {
		return engine.Breaks(flagMaxSeqs, fmt.Sprintf("set %s to at least %.0f", flagBatchedTokens, seqs),
			"must be at most %s, which is %.0f by default on %s: %.0f", flagBatchedTokens, budget, l.Hardware.GPU, seqs)
	}
	return nil
}

// promptFitsBudget: without chunked prefill a prompt must fit one step, and vLLM
// refuses max_num_batched_tokens < max_model_len.
func promptFitsBudget(l engine.Launch) []engine.Problem {
	budget, given := l.Number(flagBatchedTokens)
	length, known := l.Number(flagModelLen)
	if !l.SwitchedOff(flagChunkedPrefill) || !given || !known || budget >= length {
		return nil
	}
	return engine.Breaks(flagBatchedTokens, fmt.Sprintf("raise it to %.0f or leave chunked prefill on", length),
		"must be at least %s when chunked prefill is off: %.0f < %.0f", flagModelLen, budget, length)
}

// chunkFitsModel: the threshold for long prompts cannot exceed the longest one.
func chunkFitsModel(l engine.Launch) []engine.Problem {
	threshold, set := l.Number(flagLongPrefill)
	length, known := l.Number(flagModelLen)
	if !set || !known || length < 1 || threshold <= length {
		return nil
	}
	return engine.Breaks(flagLongPrefill, fmt.Sprintf("use at most %.0f", length),
		"must be at most %s: %.0f > %.0f", flagModelLen, threshold, length)
}

// gpusSuffice: tensor parallelism in a replica must divide its GPUs, or some of
// them are paid for and idle, and all ranks together must find a GPU each.
func gpusSuffice(l engine.Launch) []engine.Problem {
	tensor := l.NumberOr(flagTensorParallel, 1)
	ranks := tensor * l.NumberOr(flagPipelineParallel, 1) * l.NumberOr(flagDataParallel, 1)
	gpus := float64(l.GPUs())
	switch {
	case tensor < 1:
		return nil // out of range, which Check has reported
	case ranks > gpus:
		return engine.Breaks(flagTensorParallel, fmt.Sprintf("give the replica %.0f GPUs or use fewer ranks", ranks),
			"tensor x pipeline x data parallel size needs %.0f GPUs, the replica has %.0f", ranks, gpus)
	case int(gpus)%int(tensor) != 0:
		return engine.Breaks(flagTensorParallel, fmt.Sprintf("use a divisor of %.0f", gpus),
			"must divide the replica's GPUs: %.0f does not divide %.0f", tensor, gpus)
	}
	return nil
}

// asyncSpeculation are the methods that --async-scheduling works with; it is
// an error to ask for it with any other and a default that is off otherwise.
func asyncSpeculation(method string) bool {
	return slices.Contains([]string{"eagle", "eagle3", "mtp", "draft_model", "ngram_gpu", "dspark"}, method) ||
		strings.HasSuffix(method, "_mtp")
}

// speculationFitsScheduling reads --speculative-config. A configuration that is
// not JSON, lacks a positive number of tokens, or contradicts asynchronous
// scheduling stops the engine at start.
func speculationFitsScheduling(l engine.Launch) []engine.Problem {
	text, set := l.Config.Get(flagSpeculative)
	if !set {
		return nil
	}
	var spec struct {
		Method string   `json:"method"`
		Tokens *float64 `json:"num_speculative_tokens"`
	}
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		return engine.Breaks(flagSpeculative, `write it like {"method":"ngram","num_speculative_tokens":4}`, "is not a JSON object: %v", err)
	}
	if spec.Tokens != nil && *spec.Tokens < 1 {
		return engine.Breaks(flagSpeculative, "use at least 1", "num_speculative_tokens is %g", *spec.Tokens)
	}
	if spec.Method != "" && l.SwitchedOn(flagAsyncScheduling) && !asyncSpeculation(spec.Method) {
		return engine.Breaks(flagAsyncScheduling, "remove it", "does not work with the speculative method %s", spec.Method)
	}
	return nil
}

// Compute capabilities, times ten, between which formats are computed (vLLM's
// docs/features/quantization/llm_compressor).
const (
	// fp8Marlin: FP8 weights from here to 8.8 are unpacked to 16 bits for each
	// product (weight-only): they save memory and little time, so they are
	// allowed, and propose is the one to say that it pays little.
	fp8Marlin      = 75
	int8First      = 75
	int8Last       = 90
	bfloat16First  = 80
	blackwellFirst = 100
)

// weightsFitGPU: number formats the GPU has no kernels for.
func weightsFitGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	if !known {
		return nil
	}
	var out []engine.Problem
	quantization, _ := l.Config.Get(flagQuantization)
	if isFP8(quantization) && g.Capability < fp8Marlin {
		out = append(out, engine.Breaks(flagQuantization, "use awq_marlin or gptq checkpoints, or no quantization",
			"%s needs compute capability 7.5, %s has %s", quantization, l.Hardware.GPU, g.Capability)...)
	}
	if isINT8(l.Config.Model) && (g.Capability < int8First || g.Capability > int8Last) {
		out = append(out, engine.Breaks("model", "use the FP8 or the 16-bit checkpoint",
			"is an INT8 W8A8 checkpoint by its name, which needs compute capability 7.5 to 9.0; %s has %s", l.Hardware.GPU, g.Capability)...)
	}
	if dtype, _ := l.Config.Get("--dtype"); dtype == "bfloat16" && g.Capability < bfloat16First {
		out = append(out, engine.Breaks("--dtype", "use half", "bfloat16 needs compute capability 8.0, %s has %s", l.Hardware.GPU, g.Capability)...)
	}
	return out
}

// kvTypeFitsGPU: an FP8 cache works on any CUDA 11.8 GPU, an FP4 one only where
// the tensor cores know FP4.
func kvTypeFitsGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	kv, _ := l.Config.Get(flagKVDtype)
	if !known || !strings.HasPrefix(kv, "nvfp4") || g.Capability >= blackwellFirst {
		return nil
	}
	return engine.Breaks(flagKVDtype, "use fp8", "%s needs compute capability 10.0, %s has %s", kv, l.Hardware.GPU, g.Capability)
}

func isFP8(quantization string) bool {
	return strings.Contains(quantization, "fp8")
}

// isINT8 goes by the naming of published checkpoints ("...-quantized.w8a8"), for
// vLLM takes the format from the checkpoint and no flag states it.
func isINT8(model string) bool {
	model = strings.ToLower(model)
	return strings.Contains(model, "w8a8") && !strings.Contains(model, "fp8")
}
