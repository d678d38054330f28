package serving

import (
	"slices"
	"strings"
)

// EngineKind names a serving engine.
type EngineKind string

// The engines the agent knows.
const (
	VLLM   EngineKind = "vllm"
	TGI    EngineKind = "tgi"
	SGLang EngineKind = "sglang"
)

// Flag is one launch option as written on the command line. A bare switch
// ("--enforce-eager") has no value. Joined means it was written "--name=value",
// so that a parsed command line can be rendered back unchanged.
type Flag struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"`
	Joined bool   `json:"joined,omitempty"`
}

// String is the flag as a person would type it.
func (f Flag) String() string {
	if f.Value == "" {
		return f.Name
	}
	if f.Joined {
		return f.Name + "=" + f.Value
	}
	return f.Name + " " + f.Value
}

// EngineConfig is how an engine is launched: the model it serves and its
// flags, in order. Flags use the canonical long form of the engine's catalogue.
type EngineConfig struct {
	Engine  EngineKind `json:"engine"`
	Version string     `json:"version,omitempty"`
	Model   string     `json:"model"`
	Flags   []Flag     `json:"flags,omitempty"`
}

// Get returns the value of a flag and whether it is set; a bare switch has the
// value "". Of a flag that is given twice the last counts, as it does for the
// engines.
func (c EngineConfig) Get(name string) (string, bool) {
	for _, f := range slices.Backward(c.Flags) {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// With returns a copy in which the flag has the value and is given once, in its
// old place if it was set before and at the end otherwise.
func (c EngineConfig) With(name, value string) EngineConfig {
	out, placed := c, false
	out.Flags = make([]Flag, 0, len(c.Flags)+1)
	for _, f := range c.Flags {
		if f.Name == name {
			if placed {
				continue
			}
			f.Value, placed = value, true
		}
		out.Flags = append(out.Flags, f)
	}
	if !placed {
		out.Flags = append(out.Flags, Flag{Name: name, Value: value})
	}
	return out
}

// Without returns a copy in which the flags are not set.
func (c EngineConfig) Without(names ...string) EngineConfig {
	out := c
	out.Flags = slices.DeleteFunc(slices.Clone(c.Flags), func(f Flag) bool {
		return slices.Contains(names, f.Name)
	})
	return out
}

// Key identifies the configuration whatever the order of its flags: two
// configs with the same key launch the same engine. The order of repeats of one
// flag counts, since the last one wins.
func (c EngineConfig) Key() string {
	flags := slices.Clone(c.Flags)
	slices.SortStableFunc(flags, func(a, b Flag) int { return strings.Compare(a.Name, b.Name) })
	parts := []string{string(c.Engine), c.Version, c.Model}
	for _, f := range flags {
		parts = append(parts, f.Name+"="+f.Value)
	}
	escape := strings.NewReplacer(`\`, `\\`, `|`, `\|`) // a value may hold the separator
	for i := range parts {
		parts[i] = escape.Replace(parts[i])
	}
	return strings.Join(parts, "|")
}

// Equal reports whether both launch the same engine.
func (c EngineConfig) Equal(o EngineConfig) bool { return c.Key() == o.Key() }

// FlagList renders the flags as a person would type them.
func (c EngineConfig) FlagList() []string {
	out := make([]string, 0, len(c.Flags))
	for _, f := range c.Flags {
		out = append(out, f.String())
	}
	return out
}

// FlagChange is one difference between two configurations. From and To are nil
// when the flag (or, under the name "model", the model) is not set on that side.
type FlagChange struct {
	Flag string  `json:"flag"`
	From *string `json:"from"`
	To   *string `json:"to"`
}

// Diff lists what changes from one configuration to another, in the order of
// to's flags with the removed ones last.
func Diff(from, to EngineConfig) []FlagChange {
	var out []FlagChange
	if from.Model != to.Model {
		out = append(out, FlagChange{Flag: "model", From: &from.Model, To: &to.Model})
	}
	for _, name := range flagNames(to, from) {
		old, had := from.Get(name)
		value, has := to.Get(name)
		switch {
		case !had:
			out = append(out, FlagChange{Flag: name, To: &value})
		case !has:
			out = append(out, FlagChange{Flag: name, From: &old})
		case old != value:
			out = append(out, FlagChange{Flag: name, From: &old, To: &value})
		}
	}
	return out
}

// flagNames lists the flags that any of the configurations sets, each once.
func flagNames(configs ...EngineConfig) []string {
	var names []string
	for _, c := range configs {
		for _, f := range c.Flags {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}
