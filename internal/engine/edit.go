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
	var line editedLine
	for len(args) > 0 && args[0] != "--" {
		if !looksLikeFlag(args[0]) {
			line.positional(e.catalogue, e.model(args[0]))
			args = args[1:]
			continue
		}
		p := argumentParser{catalogue: e.catalogue}
		used, err := p.flag(args)
		if err != nil || used == 0 || len(p.out.Flags) == 0 {
			line.flag(args[:1]) // the engine will say what is wrong with it
			args = args[1:]
			continue
		}
		line.flag(e.flag(p.out.Flags[0].Name, args[:used]))
		args = args[used:]
	}
	return append(line.words(), args...)
}

// flag gives the words that stand in place of a flag's.
func (e *editor) flag(name string, words []string) []string {
	if slices.Contains(e.changed, name) {
		return e.render(name)
	}
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = e.model(word)
	}
	return out
}

// editedLine holds flags back until it is known what follows: where the flag
// between another and a positional argument has gone, a flag that takes all the
// words it finds would take the positional argument too, so it moves behind it.
type editedLine struct {
	out  []string
	held [][]string
}

func (l *editedLine) flag(words []string) {
	if len(words) > 0 {
		l.held = append(l.held, words)
	}
}

// positional goes behind the last flag that leaves it alone.
func (l *editedLine) positional(c Catalogue, word string) {
	at := len(l.held)
	for at > 0 && takesNext(c, l.held[at-1], word) {
		at--
	}
	l.out = append(l.out, slices.Concat(l.held[:at]...)...)
	l.out, l.held = append(l.out, word), l.held[at:]
}

func (l *editedLine) words() []string { return append(l.out, slices.Concat(l.held...)...) }

// takesNext reports whether the last of the flags would read the word as its own.
func takesNext(c Catalogue, flags []string, word string) bool {
	line := append(slices.Clone(flags), word)
	for len(line) > 1 {
		p := argumentParser{catalogue: c}
		used, err := p.flag(line)
		if err != nil || used == 0 {
			return false
		}
		line = line[used:]
	}
	return len(line) == 0
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
