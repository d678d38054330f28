package propose

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// modelFlag is the name under which a change replaces the checkpoint.
const modelFlag = "model"

// Apply returns a copy of the configuration with the changes made. A change
// without To removes the flag; one of the flag "model" replaces the checkpoint.
func Apply(cfg serving.EngineConfig, changes []serving.FlagChange) serving.EngineConfig {
	out := cfg
	out.Flags = slices.Clone(cfg.Flags)
	for _, c := range changes {
		switch {
		case c.Flag == modelFlag:
			if c.To != nil {
				out.Model = *c.To
			}
		case c.To == nil:
			out = out.Without(c.Flag)
		default:
			out = out.With(c.Flag, *c.To)
		}
	}
	return out
}

// set is the change that gives a flag a value.
func set(cfg serving.EngineConfig, flag, to string) serving.FlagChange {
	change := serving.FlagChange{Flag: flag, To: &to}
	if from, had := cfg.Get(flag); had {
		change.From = &from
	}
	return change
}

// unset is the change that removes a flag.
func unset(cfg serving.EngineConfig, flag string) serving.FlagChange {
	from, _ := cfg.Get(flag)
	return serving.FlagChange{Flag: flag, From: &from}
}

// unsetAll removes those of the flags that are set.
func unsetAll(cfg serving.EngineConfig, flags ...string) []serving.FlagChange {
	var out []serving.FlagChange
	for _, flag := range flags {
		if _, had := cfg.Get(flag); had {
			out = append(out, unset(cfg, flag))
		}
	}
	return out
}

// replaceModel is the change to another checkpoint.
func replaceModel(cfg serving.EngineConfig, to string) serving.FlagChange {
	return serving.FlagChange{Flag: modelFlag, From: &cfg.Model, To: &to}
}

// Undo says how to take changes back, for a person.
func Undo(changes []serving.FlagChange) string {
	if len(changes) == 0 {
		return ""
	}
	var steps []string
	for _, c := range changes {
		switch {
		case c.Flag == modelFlag && c.From != nil:
			steps = append(steps, "serve "+*c.From+" again")
		case c.From == nil:
			steps = append(steps, "remove "+c.Flag)
		default:
			steps = append(steps, "set "+serving.Flag{Name: c.Flag, Value: *c.From}.String()+" again")
		}
	}
	return strings.Join(steps, ", ") + ", and restart the engine"
}
