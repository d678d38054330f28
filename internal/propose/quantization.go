package propose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// freeKernels drops a flag that forces slow kernels.
func freeKernels(s scope) []idea {
	flag := s.d.Quantization.Flag
	v, _ := s.cfg.Get(flag)
	if !slices.Contains(s.d.SlowKernels, v) || perfmodel.CheckpointWeights(s.cfg.Model) != perfmodel.WeightsW4 {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.3, 1.7, "AccelMark, forced gptq against Marlin"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "quantization/free-kernels", Family: serving.FamilyQuantization, Risk: serving.RiskNumerics,
			Title:     fmt.Sprintf("Let the engine choose the kernels: remove %s %s", flag, v),
			Changes:   []serving.FlagChange{unset(s.cfg, flag)},
			Mechanism: "Naming " + v + " forces kernels that rebuild 16-bit weights in every larger step; without the flag the engine reads the format from the checkpoint and takes Marlin.",
			WrongIf:   "the checkpoint's group size or act-order is not supported by Marlin",
		}, fmt.Sprintf("%s %s is set for a checkpoint that declares its own format", flag, v), limitsOfWeights()...),
	}}
}

// limitsOfWeights are the findings that fewer bits answer.
func limitsOfWeights() []serving.BottleneckKind {
	return []serving.BottleneckKind{serving.BottleneckDecodeBound, serving.BottleneckKVPressure, serving.BottleneckQueueSaturated,
		serving.BottleneckPrefillBound, serving.BottleneckSlotBound, serving.BottleneckInterference}
}

// quantizeFP8 converts a 16-bit checkpoint to FP8 while loading.
func quantizeFP8(s scope) []idea {
	if !s.gpu.HasFP8 || !s.sixteenBit() || s.d.Quantization.Flag == "" {
		return nil
	}
	return []idea{{
		published: published(1.15, 1.5, "FP8 W8A8, 1.25x on H100, 1.45x on Ada"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "quantization/fp8", Family: serving.FamilyQuantization, Risk: serving.RiskNumerics,
			Title:         "Compute in FP8: quantize the weights while loading",
			Changes:       []serving.FlagChange{set(s.cfg, s.d.Quantization.Flag, s.d.Quantization.FP8)},
			Mechanism:     "Half the bytes to read for every step and twice the tensor-core rate; the memory that the weights free becomes KV cache.",
			WrongIf:       "accuracy drops by more than the quality gate allows (published: 0 to 1 point), or the host, not the GPU, bounds the step",
			Prerequisites: []string{"the quality gate passes"},
		}, "weights are in 16 bits on "+s.gpu.Name+", which has FP8 tensor cores", limitsOfWeights()...),
	}}
}

// shrinkCheckpoint offers checkpoints with fewer bits, published beside the one
// in use. They are new weights: the name follows their publisher's convention
// and has to be verified by whoever allows it.
func shrinkCheckpoint(s scope) []idea {
	if !s.forecast.modelled() || !s.sixteenBit() {
		return nil
	}
	var out []idea
	if s.gpu.HasINT8 {
		out = append(out, s.checkpoint("w8a8", "quantization/int8-w8a8", "INT8 W8A8",
			"Half the bytes to read and INT8 tensor cores at twice the 16-bit rate, on GPUs from Ampere to Hopper.",
			"accuracy drops by more than the gate allows (published: 1 to 3%), or the kernels of this version are slow (one test lost 31% on A100)"))
	}
	return append(out, s.checkpoint("w4a16", "quantization/w4a16", "4-bit weights",
		"A quarter of the bytes to read; the products stay in 16 bits and get 15% slower, so it gains at small batches and when memory is short.",
		"the batch is large (above about 64) or prompts are long: then it is slower than 16 bits"))
}

func (s scope) checkpoint(format, id, name, mechanism, wrongIf string) idea {
	to := quantizedCheckpoint(s.cfg.Model, format)
	return idea{recommendation: s.withReason(serving.Recommendation{
		ID: id, Family: serving.FamilyQuantization, Risk: serving.RiskNewWeights,
		Title:         fmt.Sprintf("Serve an %s checkpoint", name),
		Changes:       []serving.FlagChange{replaceModel(s.cfg, to)},
		Mechanism:     mechanism,
		WrongIf:       wrongIf,
		Prerequisites: []string{"the checkpoint " + to + " exists and is licensed for this use (the name follows its publisher's convention)", "the quality gate passes", "clients ask for a served model name, not for the checkpoint"},
	}, "weights are in 16 bits; "+s.gpu.Name+" can serve fewer", limitsOfWeights()...)}
}

// quantizedCheckpoint is the name under which Red Hat publishes quantized
// checkpoints; Llama 3.1 carries the publisher's prefix there.
func quantizedCheckpoint(model, format string) string {
	name := model[strings.LastIndexByte(model, '/')+1:]
	if strings.HasPrefix(name, "Llama-3.1") {
		name = "Meta-" + name
	}
	return "RedHatAI/" + name + "-quantized." + format
}

// sixteenBit says that the weights are loaded as they were trained.
func (s scope) sixteenBit() bool {
	if s.forecast.modelled() {
		return s.settings.Weights == perfmodel.WeightsBF16
	}
	_, flagged := s.cfg.Get(s.d.Quantization.Flag)
	return !flagged && perfmodel.CheckpointWeights(s.cfg.Model) == ""
}
