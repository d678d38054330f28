package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	yaml "go.yaml.in/yaml/v3"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// ParseCatalogue reads a catalogue from its YAML file, whose keys are the JSON
// names of Catalogue and Parameter. A key that they do not have, a parameter
// without flag, type, risk or source, and a flag that occurs twice are errors:
// a catalogue with a slip in it would be believed.
func ParseCatalogue(file []byte) (Catalogue, error) {
	var tree any
	if err := yaml.Unmarshal(file, &tree); err != nil {
		return Catalogue{}, fmt.Errorf("parse catalogue: %w", err)
	}
	asJSON, err := json.Marshal(tree)
	if err != nil {
		return Catalogue{}, fmt.Errorf("parse catalogue: %w", err)
	}
	var c Catalogue
	strict := json.NewDecoder(bytes.NewReader(asJSON))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&c); err != nil {
		return Catalogue{}, fmt.Errorf("parse catalogue: %w", err)
	}
	return c, c.complete()
}

// EmbeddedCatalogue is ParseCatalogue for a file that is part of the program. A
// slip in it is a mistake of ours that every test of the engine meets, so it
// panics instead of giving each constructor an error that cannot happen.
func EmbeddedCatalogue(file []byte) Catalogue {
	c, err := ParseCatalogue(file)
	if err != nil {
		panic(err)
	}
	return c
}

// complete reports the first parameter that lacks what readers rely on.
func (c Catalogue) complete() error {
	seen := map[string]bool{}
	for i, p := range c.Parameters {
		switch {
		case p.Flag == "":
			return fmt.Errorf("parse catalogue: parameter %d has no flag", i+1)
		case p.Type == "" || p.Risk == "" || p.Source == "":
			return fmt.Errorf("parse catalogue: %s lacks a type, a risk or a source", p.Flag)
		case !slices.Contains(types(), p.Type) || !slices.Contains(serving.RiskClasses(), p.Risk) || !slices.Contains(families(), p.Family):
			return fmt.Errorf("parse catalogue: %s has a type, a risk or a family that there is not: %s, %s, %s", p.Flag, p.Type, p.Risk, p.Family)
		}
		for _, name := range append([]string{p.Flag}, p.Aliases...) {
			if seen[name] {
				return fmt.Errorf("parse catalogue: %s occurs twice", name)
			}
			seen[name] = true
		}
	}
	return nil
}

func types() []ParameterType { return []ParameterType{Int, Float, Bool, Enum, String} }

func families() []serving.Family {
	return []serving.Family{"", serving.FamilyKVCache, serving.FamilyQuantization, serving.FamilyBatching, serving.FamilyParallelism,
		serving.FamilyPrefixCaching, serving.FamilyChunkedPrefill, serving.FamilySpeculation, serving.FamilyCUDAGraphs}
}
