package diagnose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// settings reads how the engine was launched: from the flags of the fleet's
// record, and else from what the engine reveals in its metrics.
type settings struct {
	config   serving.EngineConfig
	revealed map[string]string
	missing  []serving.Missing
}

// switched reports whether a switch is set, and to what. Its negation
// ("--no-enable-prefix-caching") and its name in the metrics are looked at too.
func (s settings) switched(flag string) (on, set bool) {
	name := strings.TrimPrefix(flag, "--")
	if v, ok := s.config.Get(flag); ok {
		return v == "" || isTrue(v), true
	}
	if v, ok := s.config.Get("--no-" + name); ok {
		return v != "" && !isTrue(v), true
	}
	if v, ok := s.revealed[strings.ReplaceAll(name, "-", "_")]; ok {
		return isTrue(v), true
	}
	return false, false
}

func isTrue(v string) bool { return strings.EqualFold(v, "true") || v == "1" }

func (s settings) number(flag string) serving.Measure {
	v, ok := s.config.Get(flag)
	if !ok {
		v = s.revealed[strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_")]
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return serving.Unknown()
	}
	return serving.Known(n)
}

// slots is how many requests one replica may run at once; unknown when it is
// left to the engine's default, which depends on its version and the GPU.
func (s settings) slots() serving.Measure {
	switch s.config.Engine {
	case serving.SGLang:
		return s.number("--max-running-requests")
	case serving.TGI:
		return s.number("--max-batch-size")
	}
	perRank, ok := s.number("--max-num-seqs").Get()
	if !ok {
		return serving.Unknown()
	}
	// Each data-parallel rank is an engine of its own with its own slots.
	return serving.Known(perRank * s.number("--data-parallel-size").Or(1))
}

// leastDefaultSlots is the lowest default of any version (engines.md 1c, 3c):
// vLLM 256, SGLang 48, which it uses with speculation. 0 when there is none.
func (s settings) leastDefaultSlots() float64 {
	switch s.config.Engine {
	case serving.VLLM:
		return 256
	case serving.SGLang:
		return 48
	}
	return 0
}

// slotFlag is the parameter that limits the slots.
func (s settings) slotFlag() string {
	switch s.config.Engine {
	case serving.SGLang:
		return "--max-running-requests"
	case serving.TGI:
		return "--max-batch-size"
	}
	return "--max-num-seqs"
}

// eager returns the flag that switches CUDA graphs off, "" if none does.
func (s settings) eager() string {
	switch s.config.Engine {
	case serving.SGLang:
		if on, _ := s.switched("--disable-cuda-graph"); on {
			return "--disable-cuda-graph"
		}
		if v, _ := s.config.Get("--cuda-graph-backend-decode"); v == "disabled" {
			return "--cuda-graph-backend-decode"
		}
		return ""
	case serving.TGI:
		if v, _ := s.config.Get("--cuda-graphs"); v == "0" {
			return "--cuda-graphs"
		}
		return ""
	}
	if on, _ := s.switched("--enforce-eager"); on {
		return "--enforce-eager"
	}
	return ""
}

// caching is the state of the prefix cache.
type caching int

const (
	cachingUnknown caching = iota
	cachingOn
	cachingOff
)

// prefixCaching reads the switch, and else what the engine counts: who looks
// tokens up has a cache.
func (s settings) prefixCaching(snap serving.Snapshot) caching {
	on, set := false, false
	if s.config.Engine == serving.SGLang {
		var off bool
		off, set = s.switched("--disable-radix-cache")
		on = !off
	} else {
		on, set = s.switched("--enable-prefix-caching")
	}
	saidOff := slices.ContainsFunc(s.missing, func(m serving.Missing) bool {
		return strings.HasPrefix(m.Quantity, "prefix_") && m.Reason == "prefix caching is off"
	})
	switch {
	case set && !on, !set && saidOff:
		return cachingOff
	case set, snap.PrefixQueryTokens.Or(0) > 0:
		return cachingOn
	}
	return cachingUnknown
}
