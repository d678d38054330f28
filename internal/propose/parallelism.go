package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// useAllGPUs spreads the model over GPUs that a replica has and leaves idle. It
// never asks for more GPUs.
func useAllGPUs(s scope) []idea {
	now, gpus := s.settings.TensorParallel, max(s.Fleet.Hardware.GPUs, 1)
	if !s.forecast.modelled() || now >= gpus || !s.d.TensorParallel.Exists() || s.d.Ranks.Of(s.cfg).Or(1) > 1 {
		return nil
	}
	arch, err := perfmodel.LookupArchitecture(s.cfg.Model)
	target := 8
	for target > gpus || err == nil && arch.QueryHeads%target != 0 {
		target /= 2
	}
	if target <= now {
		return nil
	}
	return []idea{{recommendation: s.withReason(serving.Recommendation{
		ID: "parallelism/tensor-parallel-" + count(target), Family: serving.FamilyParallelism, Risk: serving.RiskNumerics,
		Title:     fmt.Sprintf("Spread the model over %d of the replica's %d GPUs", target, gpus),
		Changes:   []serving.FlagChange{set(s.cfg, s.d.TensorParallel.Spelling(s.cfg), count(target))},
		Mechanism: "Each GPU holds a part of weights and KV cache, so a step reads less and more cache fits; two all-reduces a layer are the price.",
		WrongIf:   "the GPUs have no fast link, or the model fits one: then more replicas serve more than one large replica",
	}, fmt.Sprintf("the replica has %d GPUs and uses %d", gpus, now), serving.BottleneckKVPressure, serving.BottleneckDecodeBound)}}
}
