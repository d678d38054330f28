package perfmodel

import "fmt"

// Constants are the figures that depend neither on the GPU nor on the model;
// seconds where the name says so, and parts of a rate. data/constants.yaml holds
// their values with the source of each.
type Constants struct {
	// APISeconds and APISecondsPerToken are the frontend's part of TTFT: HTTP, chat
	// template, tokenizer and the way to the engine and back, on a good host.
	APISeconds, APISecondsPerToken float64
	LayerSeconds                   float64 // norms, rope and other small kernels of a layer in a graph
	// Router, permutation and grouped products of one layer of experts, and the
	// part of HBM rate and of the dense products' speed that they reach.
	ExpertSeconds, ExpertStream, ExpertCompute float64
	// Expert8Bit is how much longer ExpertSeconds is where activations are turned
	// into 8 bits before both products.
	Expert8Bit float64
	// LaunchSeconds is the CPU time to launch one layer kernel by kernel.
	LaunchSeconds float64
	// SamplerSeconds is sorting the vocabulary for top-p and top-k sampling, for one
	// entry of one sequence's vocabulary,
	// and SamplerBaseSeconds what it takes for a step whatever its size.
	SamplerSeconds, SamplerBaseSeconds float64
	// FusedReduce is the part that is left of the wait for the slowest rank where
	// the all-reduce is fused with the norm after it.
	FusedReduce float64
	// CompileSeconds is building the kernels of one batch size class of experts at
	// their first use.
	CompileSeconds float64
	// A decoding sequence's part of one attention kernel, by cache format.
	DecodeSequenceSeconds, DecodeSequenceFP8Seconds float64
	// Hosts by engine version; the first that fits applies.
	Hosts []Host
}

// Host is the part of a step that the GPU waits for the host: BaseSeconds and
// SequenceSeconds for each sequence of the batch, fitted end to end on a fast
// host. It holds for minor versions before Before.
type Host struct {
	Before          int
	Async           bool
	BaseSeconds     float64
	SequenceSeconds float64
}

// host finds the host of a minor version; the data file ends with rows for all.
func (c Constants) host(minor int, async bool) Host {
	for _, h := range c.Hosts {
		if minor < h.Before && (async == h.Async || minor < 8) {
			return h
		}
	}
	return Host{}
}

// DefaultConstants are those of the data file.
func DefaultConstants() Constants { return defaultConstants }

var defaultConstants = constantsOf(
	read("data/constants.yaml", func(r constantRow) constantRow { return r }), read("data/hosts.yaml", hostRow.host))

// hostRow is a host as data/hosts.yaml writes it.
type hostRow struct {
	Before     int     `yaml:"before"`
	Async      bool    `yaml:"async"`
	BaseUS     float64 `yaml:"base_us"`
	SequenceUS float64 `yaml:"sequence_us"`
	Source     string  `yaml:"source"`
}

func (r hostRow) host() Host {
	return Host{Before: r.Before, Async: r.Async, BaseSeconds: r.BaseUS * us, SequenceSeconds: r.SequenceUS * us}
}

type constantRow struct {
	Name   string  `yaml:"name"`
	Value  float64 `yaml:"value"`
	Source string  `yaml:"source"`
}

// constantsOf takes the constants by name; one that lacks or is unknown is a slip
// in a file that is part of the program.
func constantsOf(rows []constantRow, hosts []Host) Constants {
	byName := map[string]float64{}
	for _, r := range rows {
		byName[r.Name] = r.Value
	}
	take := func(name string) float64 {
		v, ok := byName[name]
		if !ok {
			panic(fmt.Sprintf("perfmodel: constants: %s is missing", name))
		}
		delete(byName, name)
		return v
	}
	c := Constants{
		Hosts:      hosts,
		APISeconds: take("api_us") * us, APISecondsPerToken: take("api_token_us") * us,
		LayerSeconds:  take("layer_us") * us,
		ExpertSeconds: take("expert_us") * us, ExpertStream: take("expert_stream"), ExpertCompute: take("expert_compute"),
		Expert8Bit:               take("expert_8bit"),
		SamplerSeconds:           take("sampler_ns") * 1e-9,
		SamplerBaseSeconds:       take("sampler_us") * us,
		FusedReduce:              take("fused_reduce"),
		CompileSeconds:           take("expert_compile_us") * us,
		LaunchSeconds:            take("launch_us") * us,
		DecodeSequenceSeconds:    take("decode_sequence_us") * us,
		DecodeSequenceFP8Seconds: take("decode_sequence_fp8_us") * us,
	}
	if len(byName) > 0 {
		panic(fmt.Sprintf("perfmodel: constants: %d are unknown", len(byName)))
	}
	return c
}
