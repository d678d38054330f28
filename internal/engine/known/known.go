// Package known is the one list of the engines that the agent ships with, for
// the composition roots and for tests that need them all. Packages that work
// with engines take a Registry and must never import this list.
package known

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/sglang"
	"github.com/optiinfra/performance-agent/internal/engine/tgi"
	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Engines are all engines that the agent knows.
func Engines() engine.Registry {
	return engine.NewRegistry(map[serving.EngineKind]engine.Engine{
		serving.SGLang: sglang.New(),
		serving.TGI:    tgi.New(),
		serving.VLLM:   vllm.New(),
	})
}
