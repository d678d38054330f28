package vllm

import "github.com/optiinfra/performance-agent/internal/engine"

// Engine implements engine.Engine for vLLM. It is immutable.
type Engine struct {
	catalogue engine.Catalogue
}

// New returns the vLLM engine.
func New() Engine { return Engine{catalogue: newCatalogue()} }

// Catalogue describes the launch parameters the agent understands.
func (e Engine) Catalogue() engine.Catalogue { return e.catalogue }
