package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Arguments are command-line arguments sorted into flags and the rest.
type Arguments struct {
	Flags       []serving.Flag
	Positionals []string
}

// ParseArguments reads arguments as argparse and clap do. Names become the
// canonical long form of the catalogue, with dashes for underscores; of a known
// flag that is given twice the last counts, as it does for the engine. A flag
// that is not known keeps all words that follow it, so a positional argument
// must not follow such a flag.
func ParseArguments(c Catalogue, args []string) (Arguments, error) {
	p := argumentParser{catalogue: c}
	for len(args) > 0 {
		if args[0] == "--" {
			p.out.Positionals = append(p.out.Positionals, args[1:]...)
			break
		}
		if !looksLikeFlag(args[0]) {
			p.out.Positionals = append(p.out.Positionals, args[0])
			args = args[1:]
			continue
		}
		used, err := p.flag(args)
		if err != nil {
			return Arguments{}, err
		}
		args = args[used:]
	}
	return p.out, nil
}

type argumentParser struct {
	catalogue Catalogue
	out       Arguments
}

// flag reads one flag from the front of args and returns how many it used.
func (p *argumentParser) flag(args []string) (int, error) {
	name, value, joined := strings.Cut(args[0], "=")
	name = withDashes(name)
	param, known := p.catalogue.Parameter(name)
	if !known {
		return p.unknown(name, value, joined, args), nil
	}
	switch {
	case name == param.Negation:
		if joined {
			return 0, fmt.Errorf("flag %s takes no value", name)
		}
		p.set(serving.Flag{Name: param.Flag, Value: "false"})
		return 1, nil
	case param.Type == Bool:
		return p.boolean(param, value, joined, args)
	case joined:
		if param.Multiple {
			value = joinWords([]string{value})
		}
		p.set(serving.Flag{Name: param.Flag, Value: value, Joined: true})
		return 1, nil
	case len(args) < 2 || looksLikeFlag(args[1]):
		return 0, fmt.Errorf("flag %s needs a value", name)
	case param.Multiple:
		words := leadingWords(args[1:])
		p.set(serving.Flag{Name: param.Flag, Value: joinWords(words)})
		return 1 + len(words), nil
	}
	p.set(serving.Flag{Name: param.Flag, Value: args[1]})
	return 2, nil
}

// boolean reads a switch. "--x=false" and "--x false", which older versions
// take, are remembered as joined so that they are rendered in a form that the
// same version takes.
func (p *argumentParser) boolean(param Parameter, value string, joined bool, args []string) (int, error) {
	used := 1
	if !joined && len(args) > 1 && isBoolWord(args[1]) {
		value, joined, used = args[1], true, 2
	}
	if !joined {
		p.set(serving.Flag{Name: param.Flag})
		return 1, nil
	}
	switch strings.ToLower(value) {
	case "true":
		p.set(serving.Flag{Name: param.Flag, Joined: true})
	case "false":
		p.set(serving.Flag{Name: param.Flag, Value: "false", Joined: true})
	default:
		return 0, fmt.Errorf("flag %s is %q, must be true or false", param.Flag, value)
	}
	return used, nil
}

func (p *argumentParser) unknown(name, value string, joined bool, args []string) int {
	if joined {
		p.out.Flags = append(p.out.Flags, serving.Flag{Name: name, Value: joinWords([]string{value}), Joined: true})
		return 1
	}
	words := leadingWords(args[1:])
	p.out.Flags = append(p.out.Flags, serving.Flag{Name: name, Value: joinWords(words)})
	return 1 + len(words)
}

// set records a known flag; an earlier setting loses, as it does in the engine.
func (p *argumentParser) set(f serving.Flag) {
	p.out.Flags = slices.DeleteFunc(p.out.Flags, func(old serving.Flag) bool { return old.Name == f.Name })
	p.out.Flags = append(p.out.Flags, f)
}

// RenderFlags is the inverse of ParseArguments for flags.
func RenderFlags(c Catalogue, flags []serving.Flag) []string {
	var out []string
	for _, f := range flags {
		out = append(out, renderFlag(c, f)...)
	}
	return out
}

func renderFlag(c Catalogue, f serving.Flag) []string {
	param, known := c.Parameter(f.Name)
	if known && param.Type == Bool {
		return renderBool(param, f)
	}
	words := []string{f.Value}
	if !known || param.Multiple {
		words = splitWords(f.Value)
	}
	// A value that looks like a flag is only read as a value when it is joined.
	if len(words) == 1 && (f.Joined || looksLikeFlag(words[0])) {
		return []string{f.Name + "=" + words[0]}
	}
	return append([]string{f.Name}, words...)
}

func renderBool(param Parameter, f serving.Flag) []string {
	off := strings.EqualFold(f.Value, "false") != (f.Name == param.Negation)
	switch {
	case f.Joined && off:
		return []string{param.Flag + "=false"}
	case f.Joined:
		return []string{param.Flag + "=true"}
	case off && param.Negation != "":
		return []string{param.Negation}
	case off:
		return nil // a switch without a negation is off when it is not there
	}
	return []string{param.Flag}
}

// withDashes spells a long flag's name with dashes, as the engines do; the keys
// after a dot belong to a JSON value and stay.
func withDashes(name string) string {
	if !strings.HasPrefix(name, "--") {
		return name
	}
	base, keys, dotted := strings.Cut(name, ".")
	base = strings.ReplaceAll(base, "_", "-")
	if dotted {
		return base + "." + keys
	}
	return base
}

func leadingWords(args []string) []string {
	n := slices.IndexFunc(args, looksLikeFlag)
	if n < 0 {
		n = len(args)
	}
	return args[:n]
}

// looksLikeFlag tells flags from values by the rules of argparse: a negative
// number and anything with a space in its name are values.
func looksLikeFlag(arg string) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	if _, err := strconv.ParseFloat(arg, 64); err == nil {
		return false
	}
	name, _, _ := strings.Cut(arg, "=")
	return !strings.ContainsFunc(name, unicode.IsSpace)
}

func isBoolWord(arg string) bool {
	return strings.EqualFold(arg, "true") || strings.EqualFold(arg, "false")
}
