package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// modelParameters decide what is served and in which number format.
func modelParameters() []engine.Parameter {
	return []engine.Parameter{
		{
			Flag: flagModelLen, Type: engine.Int, Default: "from the model", Min: atLeast(-1), Enum: []string{"auto"}, Unit: "tokens", Suffixes: true,
			Risk: serving.RiskCapabilityCut, Source: srcModel,
			Description: "Longest prompt and answer together. Lower lets the engine start with less KV cache and refuses requests that users send today; never proposed. auto or -1 takes the largest that fits.",
		},
		{
			Flag: flagQuantization, Aliases: []string{"-q"}, Type: engine.Enum, Default: "from the checkpoint",
			Enum: []string{"awq", "auto_awq", "awq_marlin", "gptq", "auto_gptq", "gptq_marlin", "gptq_marlin_24", "gptq_bitblas", "bitblas",
				"fp8", "fbgemm_fp8", "fp_quant", "ptpc_fp8", "modelopt", "modelopt_fp4", "modelopt_mxfp8", "modelopt_mixed", "humming",
				"compressed-tensors", "experts_int8", "quark", "moe_wna16", "torchao", "inc", "auto-round", "rtn", "petit_nvfp4",
				"mxfp4", "gpt_oss_mxfp4", "deepseek_v4_fp8", "online", "fp8_per_tensor", "fp8_per_block", "fp8_per_channel",
				"int8_per_channel_weight_only", "nvfp4_per_token", "mxfp8", "bitsandbytes", "gguf", "aqlm", "marlin", "deepspeedfp",
				"tpu_int8", "hqq", "ipex", "qqq", "neuron_quant"},
			Risk: serving.RiskNumerics, Family: serving.FamilyQuantization,
			Hardware:    "FP8 computes on compute capability 8.9 and later and is weight-only from 7.5; INT8 W8A8 needs 7.5 to 9.0",
			Source:      srcModel + ", docs/features/quantization",
			Description: "Number format of the weights. fp8 quantizes at start without calibration and halves them; INT8 W8A8 is a checkpoint of its own and needs no flag. awq and gptq force slow kernels where the _marlin ones would be chosen.",
		},
		{
			Flag: "--dtype", Type: engine.Enum, Default: "auto", Enum: []string{"auto", "half", "float16", "bfloat16", "float", "float32"},
			Risk: serving.RiskNumerics, Family: serving.FamilyQuantization, Source: srcModel,
			Hardware:    "bfloat16: compute capability 8.0",
			Description: "Number format of the computation where nothing is quantized. auto keeps BF16 models in BF16 and runs the others in FP16.",
		},
		{
			Flag: "--served-model-name", Type: engine.String, Multiple: true, Default: "the model",
			Risk: serving.RiskCapabilityCut, Source: srcModel,
			Description: "Names that clients ask for, the first of which labels the metrics. Changing it breaks clients; never proposed.",
		},
	}
}
