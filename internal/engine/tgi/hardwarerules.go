package tgi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// shardsFitGPUs: each shard needs a GPU of its own, and shards that do not
// divide the GPUs leave some paid for and idle (find_num_shards in
// launcher/src/main.rs).
func shardsFitGPUs(l engine.Launch) []engine.Problem {
	shards, given := l.Number(flagNumShard)
	gpus := l.GPUs()
	switch {
	case l.Text(flagSharded) == "true" && given && shards == 1:
		return engine.Breaks(flagNumShard, "use 2 or more, or --sharded false", "must be more than 1 when %s is true", flagSharded)
	case l.Text(flagSharded) == "true" && !given && gpus == 1:
		return engine.Breaks(flagSharded, "give the replica more GPUs or remove it", "is true and the replica has one GPU")
	case !given || shards < 1:
		return nil // out of range, which Check has reported
	case int(shards) > gpus:
		return engine.Breaks(flagNumShard, fmt.Sprintf("give the replica %.0f GPUs or use fewer shards", shards),
			"needs %.0f GPUs, the replica has %d", shards, gpus)
	case gpus%int(shards) != 0:
		return engine.Breaks(flagNumShard, fmt.Sprintf("use a divisor of %d", gpus),
			"must divide the replica's GPUs: %.0f does not divide %d", shards, gpus)
	}
	return nil
}

// exl2IsNotSharded: the launcher refuses exl2 on more than one shard. Without
// --num-shard it takes all GPUs.
func exl2IsNotSharded(l engine.Launch) []engine.Problem {
	shards := l.NumberOr(flagNumShard, float64(l.GPUs()))
	if l.Text(flagSharded) == "false" {
		shards = l.NumberOr(flagNumShard, 1)
	}
	if l.Text(flagQuantize) != "exl2" || shards <= 1 {
		return nil
	}
	return engine.Breaks(flagQuantize, "use gptq or awq, or one shard", "exl2 cannot be sharded, and there are %.0f shards", shards)
}

// Compute capabilities, times ten, from which kernels exist
// (server/text_generation_server/layers/marlin and layers/fp8.py).
const (
	// marlinFirst is also the first for FP8: below 9.0 Marlin unpacks FP8 weights to
	// 16 bits for each product, which saves memory and little time.
	marlinFirst = 80
	fp8Native   = 89
)

// marlinFP8Release brought FP8 weights to GPUs without FP8 tensor cores.
func marlinFP8Release() engine.Version { return engine.Version{2, 2, 0} }

// quantizeFitsGPU: number formats the GPU has no kernels for.
func quantizeFitsGPU(l engine.Launch) []engine.Problem {
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	method := l.Text(flagQuantize)
	switch {
	case !known:
		return nil
	case slices.Contains([]string{"fp8", "marlin"}, method) && g.Capability < marlinFirst:
		return engine.Breaks(flagQuantize, "use eetq, or a gptq checkpoint", "%s needs compute capability 8.0, %s has %s", method, l.Hardware.GPU, g.Capability)
	case method == "fp8" && g.Capability < fp8Native && before(l, marlinFP8Release()):
		return engine.Breaks(flagQuantize, "use eetq or upgrade the engine", "fp8 needs compute capability 8.9 before 2.2.0, %s has %s", l.Hardware.GPU, g.Capability)
	}
	return nil
}

// quantizeFitsVersion: the one method that came within the versions covered and
// is not told by a flag of its own.
func quantizeFitsVersion(l engine.Launch) []engine.Problem {
	if l.Text(flagQuantize) != "compressed-tensors" || !before(l, chunkingRelease()) {
		return nil
	}
	return engine.Breaks(flagQuantize, "upgrade the engine", "compressed-tensors does not exist before 2.4.1")
}

// dtypeIsAlone: the shard refuses both, bitsandbytes excepted
// (server/text_generation_server/cli.py).
func dtypeIsAlone(l engine.Launch) []engine.Problem {
	method := l.Text(flagQuantize)
	if l.Text(flagDtype) == "" || method == "" || strings.HasPrefix(method, "bitsandbytes") {
		return nil
	}
	return engine.Breaks(flagDtype, "remove one of them", "cannot be set together with %s %s: both decide the number format", flagQuantize, method)
}

// graphsAreSizes reads --cuda-graphs, a list of batch sizes. bitsandbytes and
// exl2 cannot be captured; the launcher leaves graphs out only by default.
func graphsAreSizes(l engine.Launch) []engine.Problem {
	text, set := l.Config.Get(flagCUDAGraphs)
	if !set || text == "" {
		return nil
	}
	captured := false
	for _, word := range strings.Split(text, ",") {
		size, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return engine.Breaks(flagCUDAGraphs, "write it like 1,2,4,8 or 0 for none", "has %q, which is no batch size", word)
		}
		captured = captured || size > 0
	}
	method := l.Text(flagQuantize)
	if captured && (strings.HasPrefix(method, "bitsandbytes") || method == "exl2") {
		return engine.Breaks(flagCUDAGraphs, "remove it or use 0", "does not work with %s %s", flagQuantize, method)
	}
	return nil
}

// tunnelHasCredentials: the launcher refuses a tunnel without them.
func tunnelHasCredentials(l engine.Launch) []engine.Problem {
	if !l.SwitchedOn(flagNgrok) {
		return nil
	}
	for _, needed := range []string{flagNgrokAuthtoken, flagNgrokEdge} {
		if l.Text(needed) == "" {
			return engine.Breaks(flagNgrok, "set "+needed+" or remove it", "needs %s", needed)
		}
	}
	return nil
}
