package engine

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Edit changes a command line that is in use from one configuration to another:
// the flags in which the two differ, and the model. All else stays as it is
// written, in its place: the program and what wraps it, addresses, and flags of
// which neither configuration knows. The line may be in several parts, as the
// command and the arguments of a container are; flags that are new go to the end
// of the last one that is not empty.
func Edit(c Catalogue, from, to serving.EngineConfig, parts ...[]string) [][]string {
	e := editor{catalogue: c, to: to, found: map[string]bool{}}
	for _, change := range serving.Diff(from, to) {
		if change.Flag == "model" {
			e.oldModel = from.Model
			continue
		}
		e.changed = append(e.changed, change.Flag)
	}
	out, last := make([][]string, len(parts)), 0
	for i, args := range parts {
		out[i] = e.edit(args)
		if len(args) > 0 {
			last = i
		}
	}
	if len(out) > 0 {
		out[last] = e.append(out[last])
	}
	return out
}

type editor struct {
	catalogue Catalogue
	to        serving.EngineConfig
	oldModel  string   // to be replaced; "" when the model stays
	changed   []string // canonical names
	found     map[string]bool
}

func (e *editor) edit(args []string) []string {
	var out []string
	for len(args) > 0 {
		if args[0] == "--" {
			return append(out, args...)
		}
		if !looksLikeFlag(args[0]) {
			out = append(out, e.model(args[0]))
			args = args[1:]
			continue
		}
		p := argumentParser{catalogue: e.catalogue}
		used, err := p.flag(args)
		if err != nil || used == 0 || len(p.out.Flags) == 0 {
			out, args = append(out, args[0]), args[1:] // the engine will say what is wrong with it
			continue
		}
		name := p.out.Flags[0].Name
		if slices.Contains(e.changed, name) {
			out = append(out, e.render(name)...)
		} else {
			for _, word := range args[:used] {
				out = append(out, e.model(word))
			}
		}
		args = args[used:]
	}
	return out
}

// render gives the new words of a flag at the first place where it was set, and
// nothing at the others.
func (e *editor) render(name string) []string {
	if e.found[name] {
		return nil
	}
	e.found[name] = true
	var flags []serving.Flag
	for _, f := range e.to.Flags {
		if f.Name == name {
			flags = append(flags, f)
		}
	}
	return RenderFlags(e.catalogue, flags)
}

// append adds the flags that were not set before, ahead of a "--".
func (e *editor) append(args []string) []string {
	at := slices.Index(args, "--")
	if at < 0 {
		at = len(args)
	}
	for _, name := range e.changed {
		words := e.render(name)
		args = slices.Insert(args, at, words...)
		at += len(words)
	}
	return args
}

// model replaces the old model as a word of its own and as the value of a flag.
func (e *editor) model(word string) string {
	if e.oldModel == "" {
		return word
	}
	if word == e.oldModel {
		return e.to.Model
	}
	if name, value, joined := strings.Cut(word, "="); joined && value == e.oldModel {
		return name + "=" + e.to.Model
	}
	return word
}
