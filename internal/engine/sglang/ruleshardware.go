package sglang

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// checkpointFormat goes by the naming of published checkpoints ("...-AWQ",
// "...-FP8"), for the format is in the checkpoint and no flag states it. takes are
// the values of --quantization that load it.
func checkpointFormat(model string) (format string, takes []string) {
	model = strings.ToLower(model[strings.LastIndex(model, "/")+1:])
	switch {
	case strings.Contains(model, "awq"):
		return "AWQ", []string{"awq", "awq_marlin", "moe_wna16", "auto-round"}
	case strings.Contains(model, "gptq"):
		return "GPTQ", []string{"gptq", "gptq_marlin", "marlin", "moe_wna16", "auto-round"}
	case strings.Contains(model, "nvfp4"), strings.Contains(model, "fp4"):
		return "FP4", []string{"modelopt", "modelopt_fp4", "modelopt_mixed", "compressed-tensors", "petit_nvfp4", "mxfp4", "mxfp_w4a8", "quark", "quark_mxfp4"}
	case strings.Contains(model, "fp8"):
		return "FP8", []string{"fp8", "w8a8_fp8", "mxfp8", "compressed-tensors", "modelopt", "modelopt_fp8", "modelopt_mixed", "quark", "w4afp8"}
	case strings.Contains(model, "w8a8"), strings.Contains(model, "int8"):
		return "INT8", []string{"w8a8_int8", "compressed-tensors", "quark", "modelslim", "auto-round", "auto-round-int8", "gptq", "gptq_marlin"}
	}
	return "", nil
}

// checkpointDecides: a checkpoint that is quantized states its format itself,
// and SGLang refuses to load it as another.
func checkpointDecides(l engine.Launch) []engine.Problem {
	asked := l.Text(flagQuantization)
	format, takes := checkpointFormat(l.Config.Model)
	if asked == "" || format == "" || slices.Contains(takes, asked) || slices.Contains([]string{"unquant", "humming"}, asked) {
		return nil
	}
	return engine.Breaks(flagQuantization, "remove it: the checkpoint states its own format, or serve the 16-bit checkpoint with it",
		"is %s, and by its name the checkpoint is quantized to %s already", asked, format)
}

// Compute capabilities of quantization methods (get_min_capability of
// python/sglang/srt/layers/quantization/*.py). FP8 between 8.0 and 8.8 is
// unpacked to 16 bits for each product: it saves memory and little time, which is
// for propose to say.
func capabilities(quantization string) (first, last engine.Capability) {
	const any engine.Capability = 1 << 10
	switch quantization {
	case "fp8", "awq_marlin", "gptq_marlin", "marlin":
		return 80, any
	case "w8a8_fp8", "modelopt_fp8":
		return 89, any
	case "w8a8_int8":
		return 75, 90
	}
	return 0, any
}

func weightsFitGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	if !known {
		return nil
	}
	var out []engine.Problem
	asked := l.Text(flagQuantization)
	if first, last := capabilities(asked); g.Capability < first {
		out = append(out, engine.Breaks(flagQuantization, "use an AWQ or GPTQ checkpoint, or the 16-bit one",
			"%s needs compute capability %s, %s has %s", asked, first, l.Hardware.GPU, g.Capability)...)
	} else if g.Capability > last {
		out = append(out, engine.Breaks(flagQuantization, "use an FP8 checkpoint or --quantization fp8",
			"%s has kernels up to compute capability %s, %s has %s", asked, last, l.Hardware.GPU, g.Capability)...)
	}
	if l.Text(flagDtype) == "bfloat16" && g.Capability < 80 {
		out = append(out, engine.Breaks(flagDtype, "use half", "bfloat16 needs compute capability 8.0, %s has %s", l.Hardware.GPU, g.Capability)...)
	}
	return out
}

// cacheFitsGPU: an FP8 cache works on any CUDA 11.8 GPU, a 4-bit one only where
// the tensor cores know FP4.
func cacheFitsGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	kind := l.Text(flagKVDtype)
	if !known || !strings.Contains(kind, "fp4") || g.Capability >= 100 {
		return nil
	}
	return engine.Breaks(flagKVDtype, "use fp8_e4m3", "%s needs compute capability 10.0, %s has %s", kind, l.Hardware.GPU, g.Capability)
}

// backendFitsGPU: kernels written for one generation of GPUs.
func backendFitsGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	if !known {
		return nil
	}
	for _, flag := range []string{flagAttention, flagAttentionPrompt, flagAttentionDecode} {
		backend := l.Text(flag)
		switch {
		case backend == "fa3" && (g.Capability < 80 || g.Capability > 90):
			return engine.Breaks(flag, "use flashinfer or triton, or leave it to SGLang", "fa3 needs compute capability 8.0 to 9.0, %s has %s", l.Hardware.GPU, g.Capability)
		case backend == "trtllm_mla" && g.Capability < 100:
			return engine.Breaks(flag, "use flashinfer or leave it to SGLang", "%s needs compute capability 10.0, %s has %s", backend, l.Hardware.GPU, g.Capability)
		}
	}
	return nil
}
