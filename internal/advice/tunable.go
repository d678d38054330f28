package advice

import (
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Tunable are the parameters that a language model may change: those that
// recommendations are about, of a closed type, and of a risk that policy allows. A
// free text is not among them, because an engine takes paths, checkpoints and
// modules to load as such. Parameters that newer versions removed are left out.
func Tunable(f serving.Fleet, c engine.Catalogue) []engine.Parameter {
	return slices.DeleteFunc(slices.Clone(c.Parameters), func(p engine.Parameter) bool {
		return p.Family == "" || p.Removed != "" || !closed(p) || !f.Policy.Allows(p.Risk)
	})
}

// closed says that the values of a parameter can be listed or are numbers.
func closed(p engine.Parameter) bool {
	switch p.Type {
	case engine.Int, engine.Float, engine.Bool:
		return !p.Multiple
	case engine.Enum:
		return !p.Multiple && len(p.Enum) > 0
	}
	return false
}
