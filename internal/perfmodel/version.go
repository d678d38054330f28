package perfmodel

import (
	"fmt"
	"strconv"
	"strings"
)

// newest is the version assumed when a configuration states none.
const newest = 20

// profile is what depends on the engine version rather than on flags.
type profile struct {
	host Host
	// fusedReduce: the all-reduce is one kernel with the norm that follows it.
	fusedReduce bool
	// prefillFirst is the scheduler of V0: whole prompts in steps of their own,
	// before any decode.
	prefillFirst bool
	// samplerBytes per slot and vocabulary entry, part of the profiled peak.
	samplerBytes float64
	// graphBytes are taken from the KV cache for captured graphs; before 0.17
	// they came out of what utilization leaves free.
	graphBytes float64
	// kvStreamFP8 is the part of the HBM rate that decode attention reaches on
	// an FP8 cache; kernels before 0.19 gave little.
	kvStreamFP8 float64
}

// minorVersion reads the second number of a vLLM version ("0.20.1", "v0.9").
func minorVersion(version string) (int, error) {
	if version == "" {
		return newest, nil
	}
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	major, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return 0, fmt.Errorf("version %q is not of the form 0.20.1", version)
	}
	if major > 0 {
		return newest, nil
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		return 0, fmt.Errorf("version %q is not of the form 0.20.1", version)
	}
	return minor, nil
}

// asyncDefault says whether a version overlaps scheduling with the GPU unless
// told otherwise.
func asyncDefault(minor int) bool { return minor >= 14 }

// versionProfile gives the constants of a minor version.
func versionProfile(minor int, host Host) profile {
	p := profile{host: host, samplerBytes: 10, kvStreamFP8: 0.55}
	p.fusedReduce = minor >= 14
	if minor >= 17 {
		p.graphBytes = 0.5 * gib
	}
	if minor >= 19 {
		p.kvStreamFP8 = 0.83
	}
	if minor < 8 {
		p.prefillFirst, p.samplerBytes = true, 26
	}
	return p
}
