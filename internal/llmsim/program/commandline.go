package program

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// address is where an engine listens unless its command line says otherwise.
type address struct {
	hostFlag  string
	portFlags []string
	host      string
	port      int
}

// simulatedOf tells the engine from its command line: by the program, which may
// have a path or a wrapper before it.
func simulatedOf(args []string) (simulated, error) {
	for i, arg := range args {
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch name := path.Base(arg); {
		case name == "vllm" || arg == "-m" && strings.HasPrefix(next, "vllm."):
			return vllmServer{}, nil
		case name == "text-generation-launcher" || name == "text-generation-router":
			return tgiServer{}, nil
		case name == "sglang" || arg == "-m" && strings.HasPrefix(next, "sglang."):
			return sglangServer{}, nil
		}
	}
	return nil, fmt.Errorf("%q is not the command line of an engine that is simulated: vllm serve, text-generation-launcher, python -m sglang.launch_server",
		strings.Join(args[:min(len(args), 3)], " "))
}

// lastValue is the value of a flag that is no part of a configuration; "" when
// it is not set. The last one wins, as in argparse.
func lastValue(args []string, names ...string) string {
	value := ""
	for i, a := range args {
		name, joined, cut := strings.Cut(a, "=")
		switch {
		case !slices.Contains(names, name):
		case cut:
			value = joined
		case i+1 < len(args):
			value = args[i+1]
		}
	}
	return value
}
