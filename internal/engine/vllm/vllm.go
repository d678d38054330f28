package vllm

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
)

// Engine implements engine.Engine for vLLM. It is immutable.
type Engine struct {
	catalogue engine.Catalogue
	metrics   mapping.Table
}

// New returns the vLLM engine.
func New() Engine {
	return Engine{catalogue: engine.EmbeddedCatalogue(catalogueFile), metrics: metrics()}
}

// Catalogue describes the launch parameters the agent understands.
func (e Engine) Catalogue() engine.Catalogue { return e.catalogue }
