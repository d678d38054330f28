package search

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// SpaceOf are the decisions that an engine leaves open for a fleet: what the
// dialect has a role for, in values that engines use, as far as the hardware can.
// Speculation and other checkpoints are not among them; they come as proposals.
func SpaceOf(in propose.Input) []Axis {
	d, cfg := dialect.Of(in.Fleet.Config.Engine), in.Fleet.Config
	numbers := func(role dialect.Number, values ...float64) Axis {
		return including(Numbers(role.Spelling(cfg), values...), role.Of(cfg))
	}
	axes := []Axis{
		numbers(d.Slots, 16, 32, 64, 128, 256, 512, 1024),
		numbers(d.Budget, 512, 1024, 2048, 4096, 8192, 16384),
		numbers(d.MemoryShare, d.Share.Wasteful, d.Share.Usual, d.Share.Greatest),
	}
	axes = append(axes, formats(d, in)...)
	axes = append(axes, switches(d, cfg)...)
	axes = append(axes, parallelism(d, in))
	return slices.DeleteFunc(axes, func(a Axis) bool { return a.Flag == "" || len(a.Levels) < 2 })
}

// including adds the present value to an ordered axis.
func including(a Axis, now serving.Measure) Axis {
	v, known := now.Get()
	if !known {
		return a
	}
	var values []float64
	for i := range a.Levels {
		values = append(values, a.number(i))
	}
	values = append(values, v)
	slices.Sort(values)
	return Numbers(a.Flag, slices.Compact(values)...)
}

// formats are 8-bit weights and keys where they are in 16 bits and the GPU can.
func formats(d dialect.Dialect, in propose.Input) []Axis {
	gpu, err := perfmodel.LookupGPU(in.Fleet.Hardware.GPU)
	if err != nil || !gpu.HasFP8 {
		return nil
	}
	var out []Axis
	for _, f := range []dialect.Format{d.Quantization, d.KVType} {
		now, set := in.Fleet.Config.Get(f.Flag)
		if f.Flag == d.Quantization.Flag && perfmodel.CheckpointWeights(in.Fleet.Config.Model) != "" {
			continue
		}
		if !set || slices.Contains(f.FP8Values, now) || slices.Contains(f.Native, now) {
			out = append(out, Words(f.Flag, unsetWord, f.FP8))
		}
	}
	return out
}

// switches are features that flags turned off, and mixed steps where they are a
// choice: to switch off what an engine does by itself has never paid.
func switches(d dialect.Dialect, cfg serving.EngineConfig) []Axis {
	var out []Axis
	for _, s := range []dialect.Switch{d.Graphs, d.Prefix, d.Chunking, d.Overlap} {
		if off := s.Offending(cfg); len(off) > 0 {
			out = append(out, restored(cfg, off))
		}
	}
	if enable := d.Mixed.Enable; enable.Flag != "" {
		out = append(out, Axis{Flag: enable.Flag, Levels: []Level{{{Flag: enable.Flag}}, {assign(enable.Flag, enable.Value)}}})
	}
	return out
}

// restored is the choice between flags as they are and without them.
func restored(cfg serving.EngineConfig, flags []string) Axis {
	var as, without Level
	for _, flag := range flags {
		v, _ := cfg.Get(flag)
		as = append(as, assign(flag, v))
		without = append(without, serving.FlagChange{Flag: flag})
	}
	return Axis{Flag: flags[0], Levels: []Level{as, without}}
}

// parallelism spreads a replica over the GPUs that it has.
func parallelism(d dialect.Dialect, in propose.Input) Axis {
	var ways []float64
	for n := 1; n <= max(1, in.Fleet.Hardware.GPUs); n *= 2 {
		ways = append(ways, float64(n))
	}
	if !d.TensorParallel.Exists() {
		return Axis{}
	}
	return Numbers(d.TensorParallel.Spelling(in.Fleet.Config), ways...)
}
