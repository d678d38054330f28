package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Program is how an engine's server is started.
type Program struct {
	Name       string // as people call it
	Executable string // "vllm"
	Subcommand string // of the executable, "serve"; "" when it has none
	Module     string // when it is started with python -m; "" when it cannot be
}

// Arguments cuts off the program and whatever wraps it, which may be a path, a
// wrapper such as nice, or nothing at all, as in a container's arguments.
func (p Program) Arguments(args []string) ([]string, error) {
	if len(args) > 0 && slices.Contains([]string{"sh", "bash"}, path.Base(args[0])) {
		return nil, fmt.Errorf("parse %s command line: %q runs a shell script, give the arguments of %s itself",
			p.Name, strings.Join(args[:min(len(args), 2)], " "), p.Name)
	}
	for i, arg := range args {
		switch {
		case p.Subcommand == "" && path.Base(arg) == p.Executable,
			i > 0 && p.Subcommand != "" && arg == p.Subcommand && path.Base(args[i-1]) == p.Executable,
			i > 0 && p.Module != "" && arg == p.Module && args[i-1] == "-m":
			return args[i+1:], nil
		}
	}
	if len(args) > 0 && p.Subcommand != "" && args[0] == p.Subcommand {
		return args[1:], nil
	}
	return args, nil
}
