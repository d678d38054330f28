package tgi

import (
	_ "embed" // the catalogue is data in a file of its own

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
)

// catalogueFile describes the launcher's parameters, with the source of each
// statement.
//
//go:embed catalogue.yaml
var catalogueFile []byte

// Engine implements engine.Engine for TGI. It is immutable.
type Engine struct {
	catalogue engine.Catalogue
	// arguments is the catalogue with what a command line has besides parameters.
	arguments engine.Catalogue
	metrics   mapping.Table
}

// New returns the TGI engine.
func New() Engine {
	catalogue := engine.EmbeddedCatalogue(catalogueFile)
	return Engine{catalogue: catalogue, arguments: withLaunchFlags(catalogue), metrics: metrics()}
}

// Catalogue describes the launch parameters the agent understands.
func (e Engine) Catalogue() engine.Catalogue { return e.catalogue }
