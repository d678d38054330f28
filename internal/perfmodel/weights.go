package perfmodel

import (
	"fmt"
	"strings"
)

// Weight formats. FP8 and INT8 compute in 8 bits; W8A16, W4 and MXFP4 store few
// bits and compute in 16.
const (
	WeightsBF16  = "bf16"
	WeightsFP8   = "fp8"
	WeightsINT8  = "int8"
	WeightsW8A16 = "w8a16"
	WeightsW4    = "w4"
	WeightsMXFP4 = "mxfp4"
)

// KV cache formats.
const (
	KVBF16 = "bf16"
	KVFP8  = "fp8"
)

// CheckpointWeights is the weight format that a checkpoint's name tells
// ("...-FP8", "...-quantized.w8a8", "...-AWQ"); "" when it tells none.
func CheckpointWeights(model string) string {
	name := strings.ToLower(model)
	for _, f := range []struct{ part, format string }{
		{"w8a8", WeightsINT8}, {"int8", WeightsINT8},
		{"w4a16", WeightsW4}, {"awq", WeightsW4}, {"gptq", WeightsW4}, {"int4", WeightsW4},
		{"w8a16", WeightsW8A16}, {"fp8", WeightsFP8},
	} {
		if strings.Contains(name, f.part) {
			return f.format
		}
	}
	return ""
}

// BaseCheckpoint removes the quantization suffix from a checkpoint's name, and
// reports whether there was one.
func BaseCheckpoint(model string) (string, bool) {
	lower := strings.ToLower(model)
	cut := len(model)
	for _, suffix := range []string{"-quantized.", "-fp8", "-int8", "-w8a8", "-awq", "-gptq", "-w4a16", "-int4", "-w8a16"} {
		if i := strings.Index(lower, suffix); i > 0 && i < cut {
			cut = i
		}
	}
	return model[:cut], cut < len(model)
}

// bytesPerWeight is the size of one linear parameter with its scales.
func bytesPerWeight(format string) float64 {
	switch format {
	case WeightsFP8, WeightsINT8:
		return 1
	case WeightsW8A16:
		return 1.02
	case WeightsW4, WeightsMXFP4:
		return 0.53
	}
	return 2
}

// checkpointFormat is the format that a checkpoint is stored in.
func checkpointFormat(model, native string) string {
	if format := CheckpointWeights(model); format != "" {
		return format
	}
	if native != "" {
		return native
	}
	return WeightsBF16
}

// resolveWeights decides the format the engine computes with: the
// quantization flag, else the checkpoint, and what the GPU can do with it. slow is the trap of
// naming gptq or awq, which forces kernels that rebuild 16-bit weights.
func resolveWeights(flag, quantization, model, native string, gpu GPU) (format string, slow bool, err error) {
	format = checkpointFormat(model, native)
	switch quantization {
	case "", "none", "compressed-tensors", "gptq_marlin", "awq_marlin", "mxfp4", "gpt_oss_mxfp4", "fbgemm_fp8":
	case "gptq", "awq":
		slow = format == WeightsW4
	case "fp8", "fp8_per_tensor", "fp8_per_channel":
		if format != WeightsBF16 && format != WeightsFP8 {
			return "", false, fmt.Errorf("%s %s does not fit a %s checkpoint", flag, quantization, format)
		}
		format = WeightsFP8
	default:
		return "", false, fmt.Errorf("%s %s is not modelled", flag, quantization)
	}
	if format == WeightsFP8 && !gpu.HasFP8 {
		format = WeightsW8A16 // Marlin: weights in 8 bits, compute in 16
	}
	if format == WeightsINT8 && !gpu.HasINT8 {
		return "", false, fmt.Errorf("model %s: INT8 W8A8 has no kernels on %s", model, gpu.Name)
	}
	return format, slow, nil
}
