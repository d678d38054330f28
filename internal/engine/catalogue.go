package engine

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ParameterType says how the value of a parameter is written.
type ParameterType string

// The types of parameters.
const (
	Int    ParameterType = "int"
	Float  ParameterType = "float"
	Bool   ParameterType = "bool"
	Enum   ParameterType = "enum"
	String ParameterType = "string"
)

// Parameter is one launch option of an engine: what it takes, what it needs and
// what changing it puts at stake.
type Parameter struct {
	// Flag is the canonical long form, for example "--max-num-seqs".
	Flag    string   `json:"flag"`
	Aliases []string `json:"aliases,omitempty"`
	// Negation switches a Bool off, for example "--no-enable-prefix-caching".
	Negation string        `json:"negation,omitempty"`
	Type     ParameterType `json:"type"`
	// Multiple parameters take one or more words after the flag.
	Multiple bool `json:"multiple,omitempty"`
	// Default is for people: it may depend on version, model or hardware.
	Default string          `json:"default"`
	Min     serving.Measure `json:"min"`
	Max     serving.Measure `json:"max"`
	// MinExclusive and MaxExclusive say that the bound itself is not allowed.
	MinExclusive bool `json:"min_exclusive,omitempty"`
	MaxExclusive bool `json:"max_exclusive,omitempty"`
	// Enum lists the values allowed; for an Int or Float these are words allowed
	// besides numbers ("auto").
	Enum []string `json:"enum,omitempty"`
	// Suffixes says that numbers may be written with k, m, g (thousands) or K, M,
	// G (1024s): "8k" is 8000 and "8K" is 8192.
	Suffixes        bool              `json:"suffixes,omitempty"`
	Unit            string            `json:"unit,omitempty"`
	RequiresRestart bool              `json:"requires_restart"`
	Risk            serving.RiskClass `json:"risk"`
	// Family is "" for parameters that no recommendation is about.
	Family serving.Family `json:"family,omitempty"`
	// Since is the first version that has it and Removed the first that has it no
	// more; "" means all that the catalogue covers.
	Since   string `json:"since,omitempty"`
	Removed string `json:"removed,omitempty"`
	// Hardware states what the GPU must offer, for people.
	Hardware    string `json:"hardware,omitempty"`
	Description string `json:"description"`
	Source      string `json:"source"`
}

// Catalogue is what the agent knows of an engine's launch parameters.
type Catalogue struct {
	Engine     serving.EngineKind `json:"engine"`
	Versions   string             `json:"versions"`
	Parameters []Parameter        `json:"parameters"`
}

// Parameter finds a parameter by its flag, an alias or its negation.
func (c Catalogue) Parameter(flag string) (Parameter, bool) {
	for _, p := range c.Parameters {
		if p.Flag == flag || p.Negation == flag && flag != "" || slices.Contains(p.Aliases, flag) {
			return p, true
		}
	}
	return Parameter{}, false
}

// Unknown lists the flags of a configuration that the catalogue does not know,
// each once, in their order. They are passed to the engine as they are: an
// engine has more flags than a catalogue. A dotted flag that sets one key of a
// known JSON parameter ("--compilation-config.mode") is known.
func (c Catalogue) Unknown(cfg serving.EngineConfig) []string {
	var out []string
	for _, f := range cfg.Flags {
		base, _, _ := strings.Cut(f.Name, ".")
		if _, known := c.Parameter(base); !known && !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}
