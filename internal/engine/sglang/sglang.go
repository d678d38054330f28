package sglang

import (
	_ "embed" // for the catalogue

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
)

//go:embed catalogue.yaml
var catalogueFile []byte

// Engine implements engine.Engine for SGLang. It is immutable.
type Engine struct {
	catalogue engine.Catalogue
	metrics   mapping.Table
}

// New returns the SGLang engine.
func New() Engine {
	return Engine{catalogue: engine.EmbeddedCatalogue(catalogueFile), metrics: metrics()}
}

// Catalogue describes the launch parameters the agent understands.
func (e Engine) Catalogue() engine.Catalogue { return e.catalogue }
