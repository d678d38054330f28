package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Registry finds an engine by its kind. It is filled once, where the program is
// composed, and does not change.
type Registry struct {
	engines map[serving.EngineKind]Engine
}

// NewRegistry makes a registry of the given engines; the map is copied.
func NewRegistry(engines map[serving.EngineKind]Engine) Registry {
	return Registry{engines: maps.Clone(engines)}
}

// Engine returns the engine of a kind, or an error that names the known kinds.
func (r Registry) Engine(kind serving.EngineKind) (Engine, error) {
	e, ok := r.engines[kind]
	if !ok {
		return nil, fmt.Errorf("engine %q is unknown, use one of %v", kind, r.Kinds())
	}
	return e, nil
}

// Kinds lists the known kinds in alphabetical order.
func (r Registry) Kinds() []serving.EngineKind {
	return slices.Sorted(maps.Keys(r.engines))
}

// Detect tells which engine wrote a metrics page: the one that recognises most
// of its families. ok is false when none recognises any, or two as many.
func (r Registry) Detect(page Families) (kind serving.EngineKind, ok bool) {
	best := 0
	for _, k := range r.Kinds() {
		known := 0
		for _, f := range page {
			if r.engines[k].Recognises(f.Name) {
				known++
			}
		}
		switch {
		case known > best:
			kind, best, ok = k, known, true
		case known == best:
			ok = false
		}
	}
	return kind, ok
}

// Check notes in a reading that its page is another engine's than was thought:
// that is why nothing was found.
func (r Registry) Check(thought serving.EngineKind, page Families, reading serving.Reading) serving.Reading {
	if shown, ok := r.Detect(page); ok && shown != thought {
		reading.Missing = append(reading.Missing, serving.Missing{Quantity: "engine",
			Reason: fmt.Sprintf("the page is %s's and was read as %s's", shown, thought)})
	}
	return reading
}
